"""Training: labelled posts of a window become a model, or a refusal that says why.

The oldest 80 % teach, the newest 20 % examine: calibration, thresholds and all figures come from posts the
filter had not seen. Then it learns from all of them, the thresholds kept. A filter that answers the same to
everything, or does worse than the serving one on the same posts, is refused.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from shared.errors import TrainingRefused
from shared.spam import figures
from shared.spam.calibration import calibrate
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, frequent_in_violations
from shared.spam.detectors.bayes import Bayes, TokenCounts, learn
from shared.spam.features import Featurizer, is_word
from shared.spam.judging import Thresholds
from shared.spam.labels import UNCLASSIFIED, LabelledPost
from shared.spam.model import Model, pickled
from shared.spam.verdicts import key_of


@dataclass(frozen=True)
class TrainingRules:
    """What a filter is learnt from and what it must achieve."""

    window_days: int = 60
    lag_days: int = 5
    held_out_share: float = 0.2
    take_down_precision: float = 0.90
    take_down_probability: float = 0.5  # no single post likelier innocent than not, whatever the others are
    review_lift: float = 0.3  # how far the review threshold's precision is from chance (0) to certainty (1)
    fewest_labels: int = 50  # of each kind, over the window
    fewest_held_out: int = 10  # of each kind, among the held-out posts
    fewest_patrolled: int = 100  # labels of the patrol before it is believed on the base rate
    surest_chance: float = 3.0  # standard deviations its ranking must be better than a coin's
    margin: float = 0.05  # average precision a new filter may lose against the serving one


@dataclass(frozen=True)
class Window:
    """The days whose posts teach: from `start` up to, not including, `end`."""

    start: date
    end: date

    @classmethod
    def before(cls, today: date, rules: TrainingRules) -> "Window":
        """The window that ends `lag_days` ago: people have not finished with the days after it."""
        end = today - timedelta(days=rules.lag_days)
        return cls(end - timedelta(days=rules.window_days), end)


@dataclass(frozen=True)
class Example:
    """A labelled post and its tokens."""

    labelled: LabelledPost
    tokens: tuple[str, ...]

    @property
    def is_violation(self) -> bool:
        """Whether people call it a violation."""
        return self.labelled.is_violation

    @property
    def violation_class(self) -> str:
        """The class people named; empty for an ordinary post."""
        return (self.labelled.violation_class or UNCLASSIFIED) if self.is_violation else ""


@dataclass(frozen=True)
class Evidence:
    """All that training is given: the labelled posts, oldest first, and what is known about the rest.

    The order is what is held out by: the last of `examples` examine the filter. `base_rate` overrides the
    patrol's where an operator knows better.
    """

    examples: Sequence[Example]
    unlabelled: int = 0
    patrolled: int = 0
    patrolled_violations: int = 0
    base_rate: float | None = None


@dataclass(frozen=True)
class Trained:
    """A filter fit to serve, and the same filter as it was examined, for the next comparison."""

    final: Bayes
    examined: Bayes
    passport: Mapping[str, Any]


def example(labelled: LabelledPost, featurizer: Featurizer) -> Example:
    """`labelled` as training uses it."""
    tokens = featurizer.tokens(labelled.post)
    return Example(labelled, tuple(map(sys.intern, tokens)))  # a token of many posts is kept once


def train(evidence: Evidence, featurizer: Featurizer, rules: TrainingRules, serving: Model | None) -> Trained:
    """Learn a filter from `evidence`. Raises TrainingRefused with the reason.

    `serving` is the model in service as it was examined, before it learnt from its own held-out posts, so
    that neither filter has seen the posts the two are compared on.
    """
    taught, held_out = split(evidence.examples, rules)
    base_rate, base_rate_source = _base_rate(evidence, rules)
    examined = _examined(_counts(taught), held_out, featurizer, base_rate)
    scored = [figures.Scored(examined.score(one.tokens), one.is_violation) for one in held_out]
    points = figures.curve(scored, base_rate)
    _refuse_chance(points, rules)
    thresholds = _thresholds(points, base_rate, rules)
    report = {
        "bayes": figures.report(scored, base_rate, thresholds.take_down),
        "bayes_review": figures.report(scored, base_rate, thresholds.review),
        "banned_words": _baseline(taught, held_out, base_rate),
    }
    if serving is not None:
        report["serving"] = _refuse_worse(examined, serving, held_out, featurizer, base_rate, rules)

    everything = learn(_counts(evidence.examples), featurizer.names)
    final = replace(everything, calibration=examined.calibration)
    kinds = Counter(one.violation_class for one in evidence.examples)
    passport = {
        "detector": "bayes",
        "features": list(featurizer.names),
        "rules": asdict(rules),
        "base_rate": {
            "value": round(base_rate, 6),
            "source": base_rate_source,
            "patrolled": evidence.patrolled,
            "patrolled_violations": evidence.patrolled_violations,
        },
        "counts": {
            "labelled": len(evidence.examples),
            "unlabelled": evidence.unlabelled,
            "ordinary": kinds.pop("", 0),
            "violations": dict(sorted(kinds.items())),
            "taught": len(taught),
            "held_out": len(held_out),
            "weights": len(final.weights),
        },
        "held_out_from": held_out[0].labelled.post.revised_at.isoformat(),
        "thresholds": thresholds.to_json(),
        "figures": report,
    }
    return Trained(final, examined, passport)


def split(examples: Sequence[Example], rules: TrainingRules) -> tuple[Sequence[Example], Sequence[Example]]:
    """The examples that teach and the newest ones that examine. Raises TrainingRefused for too few labels.

    Revisions of one post never stand on both sides: an edit is all but a copy.
    """
    _refuse_few(examples, rules.fewest_labels, "in the window")
    cut = len(examples) - max(1, round(len(examples) * rules.held_out_share))
    known = {one.labelled.post.post_id for one in examples[:cut]}
    taught = examples[:cut]
    held_out = [one for one in examples[cut:] if one.labelled.post.post_id not in known]
    _refuse_few(taught, rules.fewest_labels // 2, "among the posts that teach")
    _refuse_few(held_out, rules.fewest_held_out, "among the newest, held-out posts")
    return taught, held_out


def refuse_older(window: Window, serving: Model | None) -> None:
    """Raises TrainingRefused where the serving model already learnt from later days."""
    if serving is not None and date.fromisoformat(str(serving.manifest["window"]["end"])) > window.end:
        raise TrainingRefused(
            f"older than the serving model {serving.version}: expected a window that ends on or after "
            f"{serving.manifest['window']['end']}, came {window.end}"
        )


def passport_of(trained: Trained, window: Window | None, now: datetime, code_revision: str) -> dict[str, Any]:
    """What a manifest says of a model: what it learnt from, when, by which code, and how good it is.

    Its version is named after what was learnt: the same window, labels and rules give the same one.
    """
    digest = hashlib.sha256(pickled(trained.final))
    digest.update(
        json.dumps([trained.passport["thresholds"], trained.passport["rules"]], sort_keys=True).encode()
    )
    last_day = window.end if window else now.date()
    return {
        "version": f"bayes-{last_day:%Y%m%d}-{digest.hexdigest()[:10]}",
        "trained_at": now.isoformat(),
        "code_revision": code_revision,
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()} if window else None,
        **trained.passport,
    }


def report_of(
    passport: Mapping[str, Any] | None,
    serving_version: str | None,
    reason: str,
    window: Window,
    now: datetime,
) -> dict[str, Any]:
    """One run's row of model_reports: promoted, unchanged (the same model again) or refused."""
    version = passport["version"] if passport else serving_version or ""
    learnt = "unchanged" if version == serving_version else "promoted"
    outcome = learnt if passport else "refused"
    return {
        "report_id": key_of("report", outcome, version, window.end.isoformat(), now.date().isoformat()),
        "detector": "bayes",
        "model_version": version,
        "outcome": outcome,
        "reason": reason,
        "window_start": window.start,
        "window_end": window.end,
        "figures": passport["figures"] if passport else {},
        "created_at": now,
    }


def _counts(examples: Iterable[Example]) -> TokenCounts:
    counts = TokenCounts()
    for one in examples:
        counts.add(one.tokens, one.violation_class)
    return counts


def _examined(
    counts: TokenCounts, held_out: Sequence[Example], featurizer: Featurizer, base_rate: float
) -> Bayes:
    """The filter those counts teach, calibrated on the held-out posts."""
    learnt = learn(counts, featurizer.names)
    raw = [learnt.raw_score(one.tokens) for one in held_out]
    if min(raw) == max(raw):
        raise TrainingRefused(
            f"degenerate: expected scores that differ, came the same score for all {len(raw)} held-out posts"
        )
    answers = [one.is_violation for one in held_out]
    return replace(learnt, calibration=calibrate(raw, answers, base_rate))


def _base_rate(evidence: Evidence, rules: TrainingRules) -> tuple[float, str]:
    """The share of violations among passing posts, and where it is known from."""
    if evidence.base_rate is not None:
        return evidence.base_rate, "given"
    if evidence.patrolled >= rules.fewest_patrolled:
        # Laplace's rule: a patrol that found none has not shown that there are none.
        return (evidence.patrolled_violations + 1) / (evidence.patrolled + 2), "patrol"
    violations = sum(one.is_violation for one in evidence.examples)
    return violations / len(evidence.examples), "labelled posts"


def _baseline(
    taught: Sequence[Example], held_out: Sequence[Example], base_rate: float
) -> Mapping[str, float | None]:
    """What the list of banned words an operator draws up from the same posts would have done."""
    listed = frequent_in_violations(
        ([token for token in one.tokens if is_word(token)], one.is_violation) for one in taught
    )
    words = BannedWords(listed)
    scored = [figures.Scored(words.judge(one.labelled.post).score, one.is_violation) for one in held_out]
    return figures.report(scored, base_rate, ANY_HIT.review)


def _thresholds(points: Sequence[figures.Point], base_rate: float, rules: TrainingRules) -> Thresholds:
    """From which score on posts are reviewed and taken down. Raises TrainingRefused where all would be."""
    take_down = figures.threshold_for(points, base_rate, rules.take_down_precision)
    if take_down is not None:
        take_down = max(take_down, rules.take_down_probability)
    worth_a_look = base_rate + rules.review_lift * (1 - base_rate)
    review = figures.threshold_for(points, base_rate, worth_a_look)
    if review is None:
        review = figures.best_f1(points).threshold
    if take_down is not None:
        review = min(review, take_down)
    if review <= points[-1].threshold:
        raise TrainingRefused(
            f"degenerate: it would call all of the {points[-1].right + points[-1].wrong} held-out posts "
            f"violations ({points[-1].right} were)"
        )
    return Thresholds(review=review, take_down=take_down)


def _refuse_few(examples: Sequence[Example], fewest: int, where: str) -> None:
    violations = sum(one.is_violation for one in examples)
    for kind, count in (("violation", violations), ("ok", len(examples) - violations)):
        if count < fewest:
            raise TrainingRefused(
                f"too few labels: expected at least {fewest} posts labelled {kind} {where}, came {count}"
            )


def _refuse_chance(points: Sequence[figures.Point], rules: TrainingRules) -> None:
    surety = figures.better_than_chance(points)
    if surety < rules.surest_chance:
        raise TrainingRefused(
            "degenerate: expected violations ranked above other held-out posts by more than chance "
            f"({rules.surest_chance:g} standard deviations), came {surety:.1f}"
        )


def _refuse_worse(
    examined: Bayes,
    serving: Model,
    held_out: Sequence[Example],
    featurizer: Featurizer,
    base_rate: float,
    rules: TrainingRules,
) -> Mapping[str, Any]:
    """Both filters on the held-out posts neither has seen. Raises TrainingRefused if the new one is worse."""
    seen_until = datetime.fromisoformat(str(serving.manifest["held_out_from"]))
    unseen = [one for one in held_out if one.labelled.post.revised_at >= seen_until]
    violations = sum(one.is_violation for one in unseen)
    if min(violations, len(unseen) - violations) < rules.fewest_held_out:
        return {"version": serving.version, "compared": False, "unseen": len(unseen)}
    its = (
        featurizer if serving.bayes.features == featurizer.names else featurizer.named(serving.bayes.features)
    )
    old, new = (
        figures.average_precision(figures.curve(scored, base_rate))
        for scored in (
            [
                figures.Scored(serving.bayes.raw_score(its.tokens(one.labelled.post)), one.is_violation)
                for one in unseen
            ],
            [figures.Scored(examined.raw_score(one.tokens), one.is_violation) for one in unseen],
        )
    )
    if new < old - rules.margin:
        raise TrainingRefused(
            f"worse than the serving model {serving.version}: expected an average precision of at least "
            f"{old:.3f} - {rules.margin:g} on the {len(unseen)} posts neither has seen, came {new:.3f}"
        )
    return {
        "version": serving.version,
        "compared": True,
        "unseen": len(unseen),
        "average_precision": round(old, 4),
        "new_average_precision": round(new, 4),
    }
