"""Sample posts: a seeded stream of Japanese job posts, ordinary and violating, with the truth about each.

Invented, for tests and the demo; it never stands in for evaluation on real data. What violators write
changes over the days before `until` (new wordings come up, old ones fade, the classes' shares shift),
so that a model of last month finds less than one of last week.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from infra.local.sample.drafts import (
    Draft,
    add_lures,
    draw_violation,
    ordinary_draft,
    repeated,
    violating_draft,
)
from infra.local.sample.markup import Habits, write_post
from infra.local.sample.phrases import Phrases, read_phrases
from infra.local.sample.times import JAPAN, posting_times
from infra.local.sample.voices import Voice
from shared.spam.posts import Post

ORDINARY_REPEATED_SHARE = 0.08
VIOLATING_REPEATED_SHARE = 0.15
"""Of the posts by a known author, those that repeat an earlier one with little changed."""
REPENTED_SHARE = 0.35
"""Edited violating posts that are in order afterwards; as many ordinary ones go the other way."""
PAY_KINDS = ("fixed", "hourly", "per_piece", "negotiable")


@dataclass(frozen=True)
class SampleSizes:
    """How much to write: `posts_per_day` on average (`days` times that in all), and which shares.

    `violation_share` of the posts break a rule, `edited_share` are edited at least once, and reviewers
    draw `patrol_share` of all revisions at random.
    """

    days: int = 75
    posts_per_day: int = 200
    violation_share: float = 0.08
    patrol_share: float = 0.1
    edited_share: float = 0.05

    def __post_init__(self) -> None:
        for name in ("days", "posts_per_day"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: expected 0 or more, came {getattr(self, name)}")
        for name in ("violation_share", "patrol_share", "edited_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a share from 0 to 1, came {getattr(self, name)}")


@dataclass(frozen=True)
class SamplePosts:
    """All revisions, oldest first, and the violation class of each by its key ("" for an ordinary one)."""

    posts: tuple[Post, ...]
    truth: Mapping[tuple[str, int], str]
    sizes: SampleSizes = field(default_factory=SampleSizes)


def sample_posts(sizes: SampleSizes, until: datetime, seed: int = 1) -> SamplePosts:
    """The posts of the `sizes.days` days before `until`, the newest just before it.

    The same arguments give the same posts, byte for byte. Times are whole seconds.
    """
    if until.tzinfo is None:
        raise ValueError(f"until: expected a time with its zone, came {until.isoformat()} without one")
    site = _Site(sizes, until.astimezone(UTC).replace(microsecond=0), Random(f"posts {seed}"))
    posts: list[Post] = []
    truth: dict[tuple[str, int], str] = {}
    for post, violation_class in site.revisions():
        posts.append(post)
        truth[post.key] = violation_class
    posts.sort(key=lambda post: (post.revised_at, post.key))
    return SamplePosts(tuple(posts), truth, sizes)


@dataclass
class _Author:
    """Someone who posts: with habits, a trade, and a last draft to repeat."""

    author_id: str
    category: str
    habits: Habits
    last: Draft | None = None


class _Site:
    """The marketplace while its posts are being written: its authors, and what is drawn for them."""

    def __init__(self, sizes: SampleSizes, until: datetime, dice: Random) -> None:
        self.sizes = sizes
        self.until = until
        self.dice = dice
        self.phrases: Phrases = read_phrases()
        self.ordinary: deque[_Author] = deque(maxlen=400)
        self.violating: deque[_Author] = deque(maxlen=30)
        self.authors = 0

    def revisions(self) -> Iterator[tuple[Post, str]]:
        """Every revision with its violation class, post by post."""
        numbers: dict[str, int] = {}
        for posted_at in posting_times(self.sizes.days, self.sizes.posts_per_day, self.until, self.dice):
            day = f"{posted_at.astimezone(JAPAN):%Y%m%d}"
            numbers[day] = numbers.get(day, 0) + 1
            yield from self._life(f"job-{day}-{numbers[day]:05}", posted_at)

    def _life(self, post_id: str, posted_at: datetime) -> Iterator[tuple[Post, str]]:
        """One post from its first revision to its last before the sample's end."""
        dice = self.dice
        author, draft = self._write(self._days_ago(posted_at))
        attributes = self._attributes(bool(draft.violation_class))
        revision, revised_at = 1, posted_at
        while revised_at < self.until:
            title, body = write_post(draft, author.habits, dice)
            yield (
                Post(
                    post_id=post_id,
                    revision=revision,
                    posted_at=posted_at,
                    revised_at=revised_at,
                    title=title,
                    body=body,
                    category=draft.category,
                    author_id=author.author_id,
                    attributes=attributes,
                ),
                draft.violation_class,
            )
            if dice.random() >= (self.sizes.edited_share if revision == 1 else 0.2):
                return
            revision += 1
            revised_at += timedelta(minutes=2, seconds=int(dice.expovariate(1 / (10 * 3600))))
            draft = self._edited(draft, self._days_ago(revised_at))

    def _write(self, days_ago: float) -> tuple[_Author, Draft]:
        dice = self.dice
        violates = dice.random() < self.sizes.violation_share
        author = self._author(violates)
        repeats = dice.random() < (VIOLATING_REPEATED_SHARE if violates else ORDINARY_REPEATED_SHARE)
        if author.last and repeats:
            return author, repeated(author.last, self.phrases, dice)
        if violates:
            violation = draw_violation(self.phrases, days_ago, dice)
            draft = violating_draft(self.phrases, violation, days_ago, dice)
        else:
            draft = ordinary_draft(self.phrases, author.category, dice)
        author.last = draft
        return author, draft

    def _author(self, violates: bool) -> _Author:
        known, new_share = (self.violating, 0.45) if violates else (self.ordinary, 0.25)
        if known and self.dice.random() >= new_share:
            return self.dice.choice(known)
        self.authors += 1
        category = self.dice.choice(list(self.phrases.jobs))
        author = _Author(f"u-{self.authors:06}", category, Habits.draw(self.dice))
        known.append(author)
        return author

    def _edited(self, draft: Draft, days_ago: float) -> Draft:
        dice, share = self.dice, self.sizes.violation_share
        if draft.violation_class:
            if dice.random() < REPENTED_SHARE:
                return draft.without_lures()
        elif share and dice.random() * (1 - share) < REPENTED_SHARE * share:
            return add_lures(draft, draw_violation(self.phrases, days_ago, dice), days_ago, dice)
        job = self.phrases.jobs[draft.category]
        return draft.with_note(Voice(job.slots, job.same, dice).fill("added"))

    def _attributes(self, violates: bool) -> dict[str, str]:
        dice = self.dice
        kind = dice.choice(PAY_KINDS)
        amount = int(10 ** (dice.gauss(3.7 if violates else 3.5, 0.5))) // 10 * 10
        return {"pay_kind": kind} | ({} if kind == "negotiable" else {"pay_amount": str(max(10, amount))})

    def _days_ago(self, time: datetime) -> float:
        return (self.until - time) / timedelta(days=1)
