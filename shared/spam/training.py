"""Training: labelled posts of a window become a model, or a refusal that says why.

The oldest 80 % teach, the newest 20 % examine: calibration, thresholds and all figures come from posts the
filter had not seen (the same for all three, so figures at the thresholds flatter a little). Then it learns
from all of them, the thresholds kept. A filter that answers the same to everything, or does worse than the
serving one on the same posts, is refused (gate.py).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Protocol

from shared.errors import TrainingRefused
from shared.spam import figures, gate, looking, thresholds
from shared.spam.calibrating import calibrate
from shared.spam.counts import Counts, Ids
from shared.spam.detectors.banned_words import ANY_HIT, BannedWords, most_telling
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend
from shared.spam.evidence import LABELLED, Evidence, Example, TrainingRules, base_rate_of, taught_of, weighed
from shared.spam.features import Featurizer, token_id
from shared.spam.labels import ORDINARY
from shared.spam.learning import learn
from shared.spam.logistic import learn_blend
from shared.spam.model import Model
from shared.spam.packing import Filter


@dataclass(frozen=True)
class Trained:
    """A filter fit to serve, and the same filter as it was examined, for the next comparison."""

    final: Filter
    examined: Filter
    passport: Mapping[str, Any]


class Learner(Protocol):
    """A way to learn: what is counted, and the tokens of each post where it looks at them one by one."""

    def __call__(
        self, counts: Counts, features: Sequence[str], posts: Callable[[], Sequence[tuple[Ids, bool]]]
    ) -> Filter:
        """The filter these posts teach, not yet calibrated."""


def bayes(
    counts: Counts,
    features: Sequence[str],
    posts: Callable[[], Sequence[tuple[Ids, bool]]],  # noqa: ARG001
) -> Bayes:
    """The Bayesian filter: it needs nothing but the counts."""
    return learn(counts, features)


def blend(counts: Counts, features: Sequence[str], posts: Callable[[], Sequence[tuple[Ids, bool]]]) -> Blend:
    """The blend of the Bayesian filter and a logistic regression."""
    return learn_blend(posts(), counts, learn(counts, features))


LEARNERS: Mapping[str, Learner] = {"bayes": bayes, "blend": blend}
"""The filters there are, by the name their verdicts bear."""


def train(
    evidence: Evidence,
    featurizer: Featurizer,
    rules: TrainingRules,
    serving: Model | None,
    name: str = "bayes",
    champion: Trained | None = None,
) -> Trained:
    """Learn the filter of that `name` from `evidence`. Raises TrainingRefused with the reason.

    `serving` is the model of that name in service as it was examined, before it learnt from its own held-out
    posts, so that neither filter has seen the posts the two are compared on. A challenger is also compared
    with the `champion` that the same evidence taught.
    """
    cut, held_out = split(evidence, rules)
    base_rate, base_rate_source = base_rate_of(evidence, rules)
    held_out = weighed(held_out, evidence, base_rate)
    newest = Counts.of((one.ids, one.violation_class) for one in evidence.held_out)
    taught = evidence.counts - newest
    learner = LEARNERS[name]
    examined = _examined(
        learner(taught, featurizer.names, lambda: _posts(evidence, cut)), held_out, base_rate
    )
    scored = [figures.Scored(examined.score(one.tokens), one.is_violation, one.weight) for one in held_out]
    points = figures.curve(scored, base_rate)
    gate.refuse_chance(points, rules)
    is_known = base_rate_source != LABELLED or not evidence.unlabelled
    one_more = figures.heaviest_wrong(scored, base_rate)
    bearable = thresholds.bearable_share(evidence, rules)
    chosen = thresholds.choose(points, base_rate, one_more, rules, bearable, may_take_down=is_known)
    looked = looking.look(examined, held_out, [row.score for row in scored], chosen.review or 0.0, base_rate)
    examined = looking.with_first_look(examined, looked.first_look)
    scored = [replace(row, score=score) for row, score in zip(scored, looked.scores, strict=True)]
    report = {
        name: figures.report(scored, base_rate, chosen.take_down),
        f"{name}_review": figures.report(scored, base_rate, chosen.review),
        "banned_words": _baseline(taught, evidence.vocabulary, held_out, base_rate),
    }
    if champion is not None:
        report["champion"] = gate.refuse_challenger(examined, champion.examined, held_out, base_rate)
    if serving is not None:
        report["serving"] = gate.refuse_worse(examined, serving, held_out, featurizer, base_rate, rules)

    everything = learner(evidence.counts, featurizer.names, lambda: _posts(evidence, len(evidence.labels)))
    final = looking.with_first_look(replace(everything, calibration=examined.calibration), looked.first_look)
    kinds = Counter(one.violation_class for one in evidence.labels)
    passport = {
        "detector": name,
        "features": list(featurizer.names),
        "rules": asdict(rules),
        "base_rate": {
            "value": round(base_rate, 6),
            "source": base_rate_source,
            "patrolled": evidence.patrolled,
            "patrolled_violations": evidence.patrolled_violations,
        },
        "counts": {
            "labelled": len(evidence.labels),
            "unlabelled": evidence.unlabelled,
            "ordinary": kinds.pop(ORDINARY, 0),
            "violations": dict(sorted(kinds.items())),
            "taught": cut,
            "held_out": len(held_out),
            "weights": len(final),
        },
        "held_out_from": held_out[0].labelled.post.revised_at.isoformat(),
        "thresholds": chosen.to_json(),
        "first_look": looked.report,
        "take_down_withheld": thresholds.why_withheld(chosen, points, base_rate, one_more, rules, bearable)
        if is_known
        else thresholds.UNKNOWN_RATE.format(rules=rules, evidence=evidence),
        "figures": report,
    }
    return Trained(final, examined, passport)


def split(evidence: Evidence, rules: TrainingRules) -> tuple[int, Sequence[Example]]:
    """How many labels, the oldest, teach; and the newest posts, that examine.

    Raises TrainingRefused for too few labels. Revisions of one post never stand on both sides: an edit is all
    but a copy.
    """
    labels = evidence.labels
    gate.refuse_few(labels, rules.fewest_labels, "in the window")
    cut = taught_of(len(labels), rules)
    known = {one.post_id for one in labels[:cut]}
    held_out = [one for one in evidence.held_out if one.labelled.post.post_id not in known]
    gate.refuse_few(labels[:cut], rules.fewest_labels // 2, "among the posts that teach")
    gate.refuse_few(held_out, rules.fewest_held_out, "among the newest, held-out posts")
    return cut, held_out


def _posts(evidence: Evidence, number: int) -> Sequence[tuple[Ids, bool]]:
    """The oldest labelled posts one by one: their tokens, and whether they violate."""
    pairs = zip(evidence.tokens(), evidence.labels, strict=True)
    return [(ids, label.is_violation) for ids, label in islice(pairs, number)]


def _examined(learnt: Filter, held_out: Sequence[Example], base_rate: float) -> Filter:
    """A filter, calibrated on the held-out posts."""
    raw = [learnt.raw_score(one.tokens) for one in held_out]
    if min(raw) == max(raw):
        raise TrainingRefused(
            f"degenerate: expected scores that differ, came the same score for all {len(raw)} held-out posts"
        )
    answers, weights = [one.is_violation for one in held_out], [one.weight for one in held_out]
    return replace(learnt, calibration=calibrate(raw, answers, base_rate, weights))


def _baseline(
    taught: Counts, vocabulary: Collection[str], held_out: Sequence[Example], base_rate: float
) -> Mapping[str, float | None]:
    """What the list of banned words an operator draws up from the same posts would have done."""
    words = sorted(vocabulary)
    inside, outside = (column.tolist() for column in taught.of_tokens([token_id(word) for word in words]))
    listed = most_telling(zip(words, inside, outside, strict=True), taught.violations, taught.ordinary)
    banned = BannedWords(listed)
    scored = [
        figures.Scored(banned.judge(one.labelled.post).score, one.is_violation, one.weight)
        for one in held_out
    ]
    return figures.report(scored, base_rate, ANY_HIT.review)
