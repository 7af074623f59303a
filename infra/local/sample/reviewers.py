"""Sample reviewers: people's answers on sample posts. They come late, from two sources, and some are wrong.

The queue holds what looks suspicious; the patrol is drawn at random from all revisions, whatever any
filter says, and so gives an unbiased base rate: wrong answers go both ways about equally often. A revision
is answered even when a newer one has come since.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from infra.local.sample.phrases import read_phrases
from infra.local.sample.posts import SamplePosts
from shared.spam.labels import UNCLASSIFIED, Answer, ReviewLabel, Source
from shared.spam.posts import Post

LONGEST_LAG = timedelta(days=5)
MISSED_SHARE = 0.015
"""Violating posts a reviewer lets pass."""
ACCUSED_SHARE = 0.0013
"""Ordinary posts a reviewer takes for violating: at 8 % violations, as many as are missed."""
OTHER_CLASS_SHARE = 0.02
"""Violating posts a reviewer puts into another class, and rightly calls violating."""
UNNAMED_SHARE = 0.04
"""Answers `violation` for which the reviewer names no class."""
REVIEWERS = tuple(f"r-{number:02}" for number in range(1, 8))

TEMPTING = re.compile(
    r"アフィリ|LINE|ＬＩＮＥ|副業|稼|高収入|口コミ|レビュー|成果報酬|情報商材|不労所得|検索順位|直接"
)
"""Words that bring a post into the queue before there is any model."""


def sample_reviews(
    sample: SamplePosts, until: datetime, seed: int = 1, queue: Callable[[Post], bool] | None = None
) -> tuple[ReviewLabel, ...]:
    """The answers given by `until`, oldest first: 0 to 5 days after a revision, most within 1 to 3.

    `queue` says which posts stand in the queue; without one, most violating posts do, some that hold
    tempting words, and a few others. The patrol does not depend on it.
    """
    if until.tzinfo is None:
        raise ValueError(f"until: expected a time with its zone, came {until.isoformat()} without one")
    classes = list(read_phrases().violations)
    labels = []
    for post in sample.posts:
        # Its own dice, thrown in the same order: no answer depends on the queue or on other posts.
        dice = Random(f"review {seed} {post.post_id} {post.revision}")
        patrol, attention, wrong, unnamed = (dice.random() for _ in range(4))
        reviewer, other_class = dice.choice(REVIEWERS), dice.choice(classes)
        answered_at = (post.revised_at + LONGEST_LAG * dice.betavariate(2.2, 3)).replace(microsecond=0)
        if answered_at > until:
            continue
        truth = sample.truth[post.key]
        on_patrol = patrol < sample.sizes.patrol_share
        if not on_patrol:
            queued = queue(post) if queue else attention < suspicion(post, truth)
            if not queued:
                continue
        named = answered_class(truth, wrong, other_class)
        labels.append(
            ReviewLabel(
                label_id=f"label-{post.post_id}-{post.revision}",
                post_id=post.post_id,
                revision=post.revision,
                answer=Answer.VIOLATION if named else Answer.OK,
                violation_class=UNCLASSIFIED if named and unnamed < UNNAMED_SHARE else named,
                source=Source.PATROL if on_patrol else Source.QUEUE,
                reviewer=reviewer,
                answered_at=answered_at.astimezone(UTC),
            )
        )
    return tuple(sorted(labels, key=lambda label: (label.answered_at, label.label_id)))


def answered_class(truth: str, wrong: float, other_class: str) -> str:
    """The class a reviewer finds in a post of class `truth` ("" for ordinary), by a number drawn from 0-1."""
    if not truth:
        return other_class if wrong < ACCUSED_SHARE else ""
    if wrong < MISSED_SHARE:
        return ""
    return other_class if wrong < MISSED_SHARE + OTHER_CLASS_SHARE else truth


def suspicion(post: Post, truth: str) -> float:
    """How likely a post is to stand in the queue of a site that has no model yet, 0-1."""
    if truth:
        return 0.85
    return 0.35 if TEMPTING.search(post.title + post.body) else 0.05
