"""A filter really taught, as tests and benchmarks need one: the one place of theirs that knows how."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from infra.local.sample.posts import SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.spam.evidence import Evidence, TrainingRules, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import LabelledPost
from shared.spam.model import model_files
from shared.spam.passport import passport_of
from shared.spam.tokens import Tokenizer
from shared.spam.training import train

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WEIGHTS, MANIFEST = "model.pickle", "manifest.json"
"""The two files a judge reads."""


def sample_labelled(days: int, posts_per_day: int, violation_share: float = 0.3) -> list[LabelledPost]:
    """Sample posts with their reviewers' answers, oldest first."""
    sample = sample_posts(SampleSizes(days, posts_per_day, violation_share), NOW)
    by_key = {post.key: post for post in sample.posts}
    labelled = [
        LabelledPost(by_key[label.post_id, label.revision], label.answer, label.violation_class, label.source)
        for label in sample_reviews(sample, NOW)
    ]
    return sorted(labelled, key=lambda one: (one.post.revised_at, one.post.key))


def taught_files(
    labelled: Sequence[LabelledPost], key: bytes, base_rate: float | None = None
) -> dict[str, bytes]:
    """A model's files, as training seals them with `key`."""
    featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer())
    evidence = Evidence.of(
        [example(one, featurizer) for one in labelled], TrainingRules(), base_rate=base_rate
    )
    trained = train(evidence, featurizer, TrainingRules(), None)
    passport = passport_of(trained, None, NOW, "a revision")
    return model_files(trained.final, trained.examined, passport, key)


def version_of(files: Mapping[str, bytes]) -> str:
    """The version these files are of."""
    manifest: dict[str, Any] = json.loads(files[MANIFEST])
    return str(manifest["version"])


@cache
def small_model(key: bytes, posts_per_day: int = 40) -> Mapping[str, bytes]:
    """A model's files, taught on some 15 days of sample posts; another number of posts, another version."""
    return taught_files(sample_labelled(15, posts_per_day), key)
