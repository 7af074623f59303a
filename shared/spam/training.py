"""Training: labelled posts of a window become a model, or a refusal that says why.

The oldest 80 % teach, the newest 20 % examine: calibration, thresholds and all figures come from posts the
filter had not seen. Then it learns from all of them, the thresholds kept. A filter that answers the same to
everything, or does worse than the serving one on the same posts, is refused (gate.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from shared.errors import TrainingRefused
from shared.spam import figures, gate
from shared.spam.calibration import calibrate
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, frequent_in_violations
from shared.spam.detectors.bayes import Bayes, TokenCounts, learn
from shared.spam.evidence import LABELLED, Evidence, Example, TrainingRules, base_rate_of, weighed
from shared.spam.features import Featurizer, is_word
from shared.spam.judging import Thresholds
from shared.spam.model import Model

UNKNOWN_RATE = (
    "the base rate is not known: {evidence.patrolled} patrol labels in the window, of at least "
    "{rules.fewest_patrolled}; at the labelled posts' own rate thresholds would promise far too much"
)
"""Why a filter may only send to review: labelled posts hold many more violations than passing ones."""


@dataclass(frozen=True)
class Trained:
    """A filter fit to serve, and the same filter as it was examined, for the next comparison."""

    final: Bayes
    examined: Bayes
    passport: Mapping[str, Any]


def train(evidence: Evidence, featurizer: Featurizer, rules: TrainingRules, serving: Model | None) -> Trained:
    """Learn a filter from `evidence`. Raises TrainingRefused with the reason.

    `serving` is the model in service as it was examined, before it learnt from its own held-out posts, so
    that neither filter has seen the posts the two are compared on.
    """
    taught, held_out = split(evidence.examples, rules)
    base_rate, base_rate_source = base_rate_of(evidence, rules)
    held_out = weighed(held_out, evidence, base_rate)
    examined = _examined(_counts(taught), held_out, featurizer, base_rate)
    scored = [figures.Scored(examined.score(one.tokens), one.is_violation, one.weight) for one in held_out]
    points = figures.curve(scored, base_rate)
    gate.refuse_chance(points, rules)
    is_known = base_rate_source != LABELLED or not evidence.unlabelled
    one_more = figures.heaviest_wrong(scored, base_rate)
    thresholds = _thresholds(points, base_rate, one_more, rules, may_take_down=is_known)
    report = {
        "bayes": figures.report(scored, base_rate, thresholds.take_down),
        "bayes_review": figures.report(scored, base_rate, thresholds.review),
        "banned_words": _baseline(taught, held_out, base_rate),
    }
    if serving is not None:
        report["serving"] = gate.refuse_worse(examined, serving, held_out, featurizer, base_rate, rules)

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
        "take_down_withheld": "" if is_known else UNKNOWN_RATE.format(rules=rules, evidence=evidence),
        "figures": report,
    }
    return Trained(final, examined, passport)


def split(examples: Sequence[Example], rules: TrainingRules) -> tuple[Sequence[Example], Sequence[Example]]:
    """The examples that teach and the newest ones that examine. Raises TrainingRefused for too few labels.

    Revisions of one post never stand on both sides: an edit is all but a copy.
    """
    gate.refuse_few(examples, rules.fewest_labels, "in the window")
    cut = len(examples) - max(1, round(len(examples) * rules.held_out_share))
    known = {one.labelled.post.post_id for one in examples[:cut]}
    taught = examples[:cut]
    held_out = [one for one in examples[cut:] if one.labelled.post.post_id not in known]
    gate.refuse_few(taught, rules.fewest_labels // 2, "among the posts that teach")
    gate.refuse_few(held_out, rules.fewest_held_out, "among the newest, held-out posts")
    return taught, held_out


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
    answers, weights = [one.is_violation for one in held_out], [one.weight for one in held_out]
    return replace(learnt, calibration=calibrate(raw, answers, base_rate, weights))


def _baseline(
    taught: Sequence[Example], held_out: Sequence[Example], base_rate: float
) -> Mapping[str, float | None]:
    """What the list of banned words an operator draws up from the same posts would have done."""
    listed = frequent_in_violations(
        ([token for token in one.tokens if is_word(token)], one.is_violation) for one in taught
    )
    words = BannedWords(listed)
    scored = [
        figures.Scored(words.judge(one.labelled.post).score, one.is_violation, one.weight) for one in held_out
    ]
    return figures.report(scored, base_rate, ANY_HIT.review)


def _thresholds(
    points: Sequence[figures.Point],
    base_rate: float,
    one_more: float,
    rules: TrainingRules,
    *,
    may_take_down: bool,
) -> Thresholds:
    """From which score on posts are reviewed and taken down. Raises TrainingRefused where all would be."""
    take_down = figures.threshold_for(points, base_rate, rules.take_down_precision, one_more)
    if take_down is not None:
        take_down = max(take_down, rules.take_down_probability)
    worth_a_look = base_rate + rules.review_lift * (1 - base_rate)
    review = figures.threshold_for(points, base_rate, worth_a_look)
    if review is None:
        review = figures.best_f1(points).threshold
    review = max(review, min(base_rate, rules.review_probability))
    if take_down is not None:
        review = min(review, take_down)
    if review <= points[-1].threshold:
        raise TrainingRefused(
            f"degenerate: it would call all of the {points[-1].right + points[-1].wrong} held-out posts "
            f"violations ({points[-1].right} were)"
        )
    return Thresholds(review=review, take_down=take_down if may_take_down else None)
