"""The posts that are measured on: real sets beside the project, and sample posts for what costs time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra.cli.posts_csv import read_labelled
from infra.local.sample.posts import SampleSizes, sample_posts
from shared.spam.arena.folds import Fold, grouped_folds, time_blocks
from shared.spam.arena.near_duplicates import groups_of_copies
from shared.spam.labels import Answer, LabelledPost, Source

FOLDER = Path(__file__).resolve().parents[4] / "shared/data/posts"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DATED = ("youtube_en",)
DRAWS, FEW = 3, 1_000
"""Of a set this small, one draw of the folds says little: figures are the mean of several."""


@dataclass(frozen=True)
class Corpus:
    """Labelled posts with their folds, no copy of a post on both sides; several draws of them where few."""

    name: str
    posts: Sequence[LabelledPost]
    groups: Sequence[int]
    draws: Sequence[Sequence[Fold]]
    is_dated: bool

    @property
    def is_japanese(self) -> bool:
        """By its name."""
        return self.name.endswith("_ja")


def corpus(name: str, *, by_evaluate: bool = False) -> Corpus:
    """A real set. Raises FileNotFoundError where real data is not beside the project.

    Copies are found as `sekisho evaluate` finds them, by their shingles. job_scams_en says itself, in its
    post ids, which of its posts are of one template, in other words too; `by_evaluate` does not look there.
    """
    posts = read_labelled(FOLDER / f"{name}.csv")
    is_violation = [one.is_violation for one in posts]
    if name == "job_scams_en" and not by_evaluate:
        numbers: dict[str, int] = {}
        groups = [numbers.setdefault(one.post.post_id.split("-")[1], len(numbers)) for one in posts]
    else:
        groups = groups_of_copies([one.post for one in posts])
    if name in DATED:
        times = [one.post.posted_at for one in posts]
        return Corpus(name, posts, groups, [time_blocks(times, groups, is_violation)], is_dated=True)
    draws = DRAWS if len(posts) < FEW else 1
    folds = [grouped_folds(groups, is_violation, seed=seed) for seed in range(draws)]
    return Corpus(name, posts, groups, folds, is_dated=False)


def sample_days(days: int, posts_a_day: int) -> list[list[LabelledPost]]:
    """Japanese job posts with HTML, of 336 visible characters on average, by day, each with the truth."""
    sample = sample_posts(SampleSizes(days, posts_a_day, edited_share=0.0), NOW)
    found: list[list[LabelledPost]] = [[] for _ in range(days)]
    first = min(post.posted_at for post in sample.posts)
    for post in sample.posts:
        named = sample.truth[post.key]
        answer = Answer.VIOLATION if named else Answer.OK
        place = min(days - 1, (post.posted_at - first).days)
        found[place].append(LabelledPost(post, answer, named or "", Source.QUEUE))
    return found
