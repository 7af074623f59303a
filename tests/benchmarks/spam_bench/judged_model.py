"""A stored model as a judging function opens it, and as the dictionaries it would be elsewhere.

Imports what the judge imports and nothing else: first_verdict.py measures a process that begins with this.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.learnt import LearntDetector
from shared.spam.judging import Thresholds, judge
from shared.spam.model import unseal
from shared.spam.packing import Filter
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Mode, Verdict
from shared.spam.weights import Weights

KEY = b"the key of a benchmark, long enough"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def opened(folder: Path, dictionary: str | None = None) -> Callable[[Post], Verdict]:
    """What judges with the model stored in `folder`, its seal verified, and the dictionary of that folder."""
    detector, thresholds = detector_of(folder, dictionary)
    return lambda post: judge(post, detector, thresholds, Mode.AUTO, NOW)


def detector_of(folder: Path, dictionary: str | None = None) -> tuple[LearntDetector, Thresholds]:
    """The detector of the model stored in `folder`, and its thresholds."""
    weights, manifest = (folder / "model.pickle").read_bytes(), (folder / "manifest.json").read_bytes()
    model = unseal(weights, manifest, KEY, str(folder))
    return LearntDetector(model, Tokenizer(dictionary)), model.thresholds


def post_of(title: str, body: str) -> Post:
    """A post of these texts."""
    return Post("post", 1, NOW, NOW, title, body)


def dictionaries(learnt: Filter) -> dict[str, Any]:
    """The weights by token, as a pickled model usually holds them."""
    if not isinstance(learnt, Bayes):
        return {"bayes": dictionaries(learnt.bayes), "linear": _by_token(learnt.linear.weights)}
    first, *by_class = _by_token(learnt.weights)
    return {"weights": first, "class_weights": dict(zip(learnt.class_priors, by_class, strict=True))}


def plain_arrays(learnt: Filter) -> list[dict[str, Any]]:
    """The weights as arrays, as a pickled model may hold them too."""
    weights = [learnt.weights] if isinstance(learnt, Bayes) else [learnt.bayes.weights, learnt.linear.weights]
    return [one.to_plain() for one in weights]


def _by_token(weights: Weights) -> list[dict[int, float]]:
    """A dictionary for every column."""
    found = [
        {key: number for key, number in zip(weights.keys, column, strict=True) if key and number}
        for column in weights.columns
    ]
    for column, buckets in zip(found, weights.buckets, strict=False):
        column.update({bucket: number for bucket, number in enumerate(buckets) if number})
    return found
