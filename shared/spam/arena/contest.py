"""The contest: every contender is taught and examined on the same folds, and its threshold chosen unseen.

A threshold is chosen on posts that teach, judged by the same contender taught without them: of a grouped
fold on the pooled scores of inner folds, in time order on the newest fifth. It then learns from all of them
and judges the examined posts. Raw scores carry over best: against calibrated probabilities and smoothed
curves they realised a precision nearest to the one asked (docs/evaluate.md). Inner folds are many where
posts are few, because a contender taught by a fifth less scores noticeably lower.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import TrainingRefused
from shared.spam import figures
from shared.spam.arena.choosing import Choice, chosen
from shared.spam.arena.folds import Fold, grouped_folds, held_out
from shared.spam.labels import LabelledPost
from shared.spam.posts import Post
from shared.spam.verdicts import Reason

MOST_TIMED = 500
"""Posts of the first fold whose judging is timed, one by one."""
MOST_MISTAKES = 10
"""Of each kind and fold, with the reasons of the contestant that made them."""
FEWEST_INNER, MOST_INNER, INNER_WORK = 5, 20, 15_000
"""Inner folds of a grouped fold: as many as teach about so many posts in all, within these bounds."""


class Contestant(Protocol):
    """What a contender has learnt."""

    @property
    def model_bytes(self) -> int:
        """The size of what it learnt, as it would be stored."""

    def score(self, post: Post) -> float:
        """How suspicious `post` is: any number, the higher the more. The contest calibrates it."""

    def reasons(self, post: Post) -> tuple[Reason, ...]:
        """What spoke for and against."""


class Contender(Protocol):
    """A way to learn to judge, as the arena sees it. It may remember what it read of a post."""

    @property
    def own_threshold(self) -> float | None:
        """The score it always acts from, for one that is not learnt; None has the contest choose."""

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:
        """What it makes of `taught`, which holds both kinds."""


@dataclass(frozen=True)
class Round:
    """A fold, and the folds of the posts that teach in it, on which the threshold is chosen."""

    fold: Fold
    inner: tuple[Fold, ...]  # places in fold.taught


@dataclass(frozen=True)
class Mark:
    """What a contestant said of one examined post. `probability` is its calibrated score."""

    place: int
    score: float
    probability: float
    is_flagged: bool


@dataclass(frozen=True)
class Mistake:
    """A post judged wrongly, and why."""

    mark: Mark
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Outcome:
    """All a contender did, with the choice of a threshold of every round."""

    marks: tuple[Mark, ...]
    mistakes: tuple[Mistake, ...]
    choices: tuple[Choice, ...]
    train_seconds: float
    judge_seconds: tuple[float, ...]
    model_bytes: int


@dataclass(frozen=True)
class Aim:
    """What thresholds are to hold, at a real base rate or, without one, at that of the posts they are
    chosen on."""

    min_precision: float
    base_rate: float | None = None


def rounds_of(
    folds: Sequence[Fold], posts: Sequence[LabelledPost], groups: Sequence[int], *, is_dated: bool
) -> list[Round]:
    """Every fold with its inner folds; none where the posts that teach are too few of a kind for any."""
    rounds = []
    for fold in folds:
        taught = [posts[place] for place in fold.taught]
        taught_groups = [groups[place] for place in fold.taught]
        if is_dated:
            inner = [held_out([one.post.posted_at for one in taught], taught_groups)]
            inner = [one for one in inner if one.examined and _has_both(taught, one.taught)]
        else:
            most = min(MOST_INNER, max(FEWEST_INNER, INNER_WORK // len(taught)))
            try:
                inner = grouped_folds(taught_groups, [one.is_violation for one in taught], most)
            except TrainingRefused:
                inner = []
        rounds.append(Round(fold, tuple(inner)))
    return rounds


def hold(
    contender: Contender,
    posts: Sequence[LabelledPost],
    rounds: Sequence[Round],
    aim: Aim,
    watch: Callable[[], float],
    advance: Callable[[int], None],
) -> Outcome:
    """Teaches and examines `contender` in every round.

    `watch` tells seconds, and `advance` is called with the number of posts learnt from or judged. The last
    round is the first to be held: nothing is remembered then, and in time order most posts teach in it, so
    that its times are those of a training from scratch and of posts nobody read before.
    """
    marks, mistakes, choices = list[Mark](), list[Mistake](), list[Choice]()
    train_seconds, judge_seconds, model_bytes = 0.0, list[float](), 0
    for one in reversed(rounds):
        taught = [posts[place] for place in one.fold.taught]
        base_rate = _rate(taught) if aim.base_rate is None else aim.base_rate
        start = watch()
        contestant = contender.learn(taught, base_rate)
        seconds = watch() - start
        advance(len(taught))
        if not choices:
            train_seconds, model_bytes = seconds, contestant.model_bytes
            judge_seconds = _timed(contestant, [posts[place].post for place in one.fold.examined], watch)
        scores = [contestant.score(posts[place].post) for place in one.fold.examined]
        advance(len(scores))
        known = _unseen_scores(contender, taught, one.inner, base_rate, advance)
        choice = chosen(
            known,
            aim.min_precision,
            base_rate,
            contender.own_threshold,
            is_given=aim.base_rate is not None,
        )
        choices.append(choice)
        held = [
            Mark(place, score, choice.probability(score), choice.score is not None and score >= choice.score)
            for place, score in zip(one.fold.examined, scores, strict=True)
        ]
        marks += held
        mistakes += [Mistake(mark, contestant.reasons(posts[mark.place].post)) for mark in worst(held, posts)]
    marks.sort(key=lambda mark: mark.place)
    return Outcome(
        tuple(marks),
        tuple(mistakes),
        tuple(reversed(choices)),
        train_seconds,
        tuple(judge_seconds),
        model_bytes,
    )


def worst(marks: Sequence[Mark], posts: Sequence[LabelledPost]) -> list[Mark]:
    """The ordinary posts most surely flagged, then the violations most surely left: at most 10 of each."""
    wrong = [mark for mark in marks if mark.is_flagged and not posts[mark.place].is_violation]
    missed = [mark for mark in marks if not mark.is_flagged and posts[mark.place].is_violation]
    wrong.sort(key=lambda mark: (-mark.probability, -mark.score, mark.place))
    missed.sort(key=lambda mark: (mark.probability, mark.score, mark.place))
    return wrong[:MOST_MISTAKES] + missed[:MOST_MISTAKES]


def _unseen_scores(
    contender: Contender,
    taught: Sequence[LabelledPost],
    inner: Sequence[Fold],
    base_rate: float,
    advance: Callable[[int], None],
) -> list[figures.Scored]:
    """The scores of posts that teach, each by the contender taught without it."""
    known = []
    for fold in inner:
        contestant = contender.learn([taught[place] for place in fold.taught], base_rate)
        known += [
            figures.Scored(contestant.score(taught[place].post), taught[place].is_violation)
            for place in fold.examined
        ]
        advance(len(fold.taught) + len(fold.examined))
    return known


def _timed(contestant: Contestant, posts: Sequence[Post], watch: Callable[[], float]) -> list[float]:
    """Seconds each of at most 500 posts took, drawn evenly."""
    step = max(1, -(-len(posts) // MOST_TIMED))
    seconds = []
    for post in posts[::step]:
        start = watch()
        contestant.score(post)
        seconds.append(watch() - start)
    return seconds


def _has_both(posts: Sequence[LabelledPost], places: Sequence[int]) -> bool:
    return len({posts[place].is_violation for place in places}) == 2


def _rate(posts: Sequence[LabelledPost]) -> float:
    return sum(one.is_violation for one in posts) / len(posts)
