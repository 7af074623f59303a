"""The contest is fair: no examined post is seen before, thresholds hold what is asked, times are honest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest

from shared.spam import figures
from shared.spam.arena.choosing import chosen
from shared.spam.arena.contest import Aim, Contestant, Outcome, Round, hold, rounds_of, worst
from shared.spam.arena.folds import grouped_folds, time_blocks
from shared.spam.arena.standings import balanced, by_class, by_week, standing
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.posts import Post
from shared.spam.verdicts import Reason

START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass
class Told:
    """A contestant whose scores stand in the posts, taught or not; it notes what it is shown."""

    seen: set[str]
    judged: list[str] = field(default_factory=list)
    model_bytes: int = 0

    def score(self, post: Post) -> float:
        assert post.post_id not in self.seen, "judged a post that taught it"
        self.judged.append(post.post_id)
        return float(post.body)

    def reasons(self, post: Post) -> tuple[Reason, ...]:
        return (Reason(post.body, 1.0),)


@dataclass
class Teller:
    """Learns nothing."""

    own_threshold: float | None = None
    contestants: list[Told] = field(default_factory=list)
    base_rates: list[float] = field(default_factory=list)

    def learn(self, taught: Sequence[LabelledPost], base_rate: float) -> Contestant:
        assert {one.is_violation for one in taught} == {True, False}
        self.base_rates.append(base_rate)
        self.contestants.append(Told({one.post.post_id for one in taught}, model_bytes=len(taught)))
        return self.contestants[-1]


def posts(many: int, overlap: float = 0.5, rate: float = 0.4, seed: int = 1) -> list[LabelledPost]:
    """One an hour. Scores lie evenly in 0-1, of violations higher by what does not overlap."""
    random, found = Random(seed), []
    for number in range(many):
        violates = random.random() < rate
        score = random.random() + (0 if not violates else 1 - overlap)
        at = START + timedelta(hours=number)
        post = Post(f"p-{number}", 1, at, at, "", f"{score:.6f}")
        answer = Answer.VIOLATION if violates else Answer.OK
        kind = ("lure" if number % 2 else "spam") if violates else ""
        found.append(LabelledPost(post, answer, kind, Source.QUEUE))
    return found


def grouped(rows: Sequence[LabelledPost]) -> list[Round]:
    groups = list(range(len(rows)))
    folds = grouped_folds(groups, [one.is_violation for one in rows])
    return rounds_of(folds, rows, groups, is_dated=False)


def in_time(rows: Sequence[LabelledPost]) -> list[Round]:
    groups, times = list(range(len(rows))), [one.post.posted_at for one in rows]
    folds = time_blocks(times, groups, [one.is_violation for one in rows])
    return rounds_of(folds, rows, groups, is_dated=True)


def contest(
    rows: Sequence[LabelledPost], rounds: Sequence[Round], aim: Aim, teller: Teller | None = None
) -> Outcome:
    ticks = count()
    return hold(teller or Teller(), rows, rounds, aim, lambda: float(next(ticks)), lambda _: None)


@pytest.mark.parametrize("rounds_by", [grouped, in_time], ids=["folds", "time order"])
def test_nobody_judges_what_taught_it_and_no_threshold_sees_an_examined_post(rounds_by: object) -> None:
    rows = posts(300)
    rounds = (grouped if rounds_by is grouped else in_time)(rows)
    teller = Teller()
    contest(rows, rounds, Aim(0.9), teller)
    steps = iter(teller.contestants)
    for one in reversed(rounds):
        examined = {rows[place].post.post_id for place in one.fold.examined}
        final = next(steps)
        assert set(final.judged) == examined
        inner = [next(steps) for _ in one.inner]
        assert inner
        for contestant in inner:
            assert not examined & (contestant.seen | set(contestant.judged))
            assert set(contestant.judged) <= final.seen
    assert next(steps, None) is None


def test_every_examined_post_gets_one_mark() -> None:
    rows = posts(200)
    outcome = contest(rows, grouped(rows), Aim(0.9))
    assert [mark.place for mark in outcome.marks] == list(range(200))
    assert [mark.score for mark in outcome.marks] == [float(one.post.body) for one in rows]
    later = contest(rows, in_time(rows), Aim(0.9))
    assert [mark.place for mark in later.marks] == list(range(100, 200))


@pytest.mark.parametrize("asked", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("base_rate", [None, 0.1])
def test_the_precision_asked_for_is_realised_at_the_base_rate(asked: float, base_rate: float | None) -> None:
    rows = posts(4_000, overlap=0.6)
    outcome = contest(rows, grouped(rows), Aim(asked, base_rate))
    found = standing(outcome, rows, base_rate or sum(one.is_violation for one in rows) / len(rows))
    assert found["precision"] == pytest.approx(asked, abs=0.03)
    assert found["recall"] > 0.3


def test_thresholds_are_probabilities_that_rise_with_what_is_asked() -> None:
    rows = posts(2_000, overlap=0.6)
    thresholds = [
        standing(contest(rows, grouped(rows), Aim(asked)), rows, 0.4)["threshold"]
        for asked in (0.6, 0.8, 0.95)
    ]
    assert thresholds == sorted(set(thresholds))
    assert thresholds[0] > 0
    assert thresholds[-1] < 1


def test_without_any_threshold_nothing_is_flagged_and_the_figures_say_so() -> None:
    rows = posts(400, overlap=1.0)
    outcome = contest(rows, grouped(rows), Aim(0.99))
    assert [one.threshold for one in outcome.choices] == [None] * 5
    found = standing(outcome, rows, 0.4)
    assert (found["threshold"], found["precision"], found["recall"], found["f1"]) == (None, None, 0.0, 0.0)
    assert balanced(outcome.marks, rows, 50).precision is None


def test_what_a_threshold_was_chosen_on_is_kept_for_every_round() -> None:
    rows = posts(400, overlap=0.6)
    for rounds in (grouped(rows), in_time(rows)):
        outcome = contest(rows, rounds, Aim(0.9, 0.05))
        for one, choice in zip(rounds, outcome.choices, strict=True):
            taught = [rows[place].is_violation for place in one.fold.taught]
            known = [taught[place] for fold in one.inner for place in fold.examined]
            assert (choice.violations, choice.ordinary) == (sum(known), len(known) - sum(known))


@pytest.mark.parametrize(
    ("rate", "asked", "needed"), [(0.05, 0.9, 171), (0.5, 0.9, 9), (0.001, 0.9, 8_991), (0.05, 0.99, 1_881)]
)
def test_a_perfect_detector_finds_a_threshold_on_as_many_ordinary_posts_as_are_needed(
    rate: float, asked: float, needed: int
) -> None:
    for ordinary, is_enough in ((needed - 1, False), (needed + 1, True)):
        known = [figures.Scored(1.0, True)] * 50 + [figures.Scored(0.0, False)] * ordinary
        choice = chosen(known, asked, rate, None, is_given=True)
        assert (choice.threshold is not None, choice.has_enough) == (is_enough, is_enough)
        assert (choice.needed, choice.ordinary) == (needed, ordinary)


@pytest.mark.parametrize("ordinary", [100, 10_000])
def test_at_the_posts_own_rate_it_is_violations_that_are_needed(ordinary: int) -> None:
    """More ordinary posts would make violations as much rarer: they buy nothing."""
    for violations, is_enough in ((8, False), (10, True)):
        known = [figures.Scored(1.0, True)] * violations + [figures.Scored(0.0, False)] * ordinary
        choice = chosen(known, 0.9, 0.5, None, is_given=False)
        assert (choice.threshold is not None, choice.has_enough, choice.needed) == (is_enough, is_enough, 9)


def test_how_far_a_score_went_is_kept_where_it_bought_no_threshold() -> None:
    lucky = [figures.Scored(9.0, True)] * 5 + [figures.Scored(1.0, True)] * 95
    known = [*lucky, *[figures.Scored(1.0, False)] * 900]
    choice = chosen(known, 0.9, 0.5, None, is_given=False)
    assert (choice.threshold, choice.has_enough, choice.reached) == (None, True, 0.05)


@pytest.mark.parametrize("kind", [True, False])
def test_posts_of_one_kind_choose_nothing(kind: bool) -> None:
    choice = chosen([figures.Scored(1.0, kind)] * 20, 0.9, 0.3, None, is_given=False)
    assert (choice.threshold, choice.probability(1.0)) == (None, 0.3)
    assert (choice.violations, choice.ordinary, choice.has_enough) == (20 * kind, 20 * (not kind), False)


def test_a_contender_with_a_threshold_of_its_own_keeps_it() -> None:
    rows = posts(300)
    outcome = contest(rows, grouped(rows), Aim(0.99), Teller(own_threshold=0.75))
    assert [mark.is_flagged for mark in outcome.marks] == [float(one.post.body) >= 0.75 for one in rows]
    assert [one.score for one in outcome.choices] == [0.75] * 5


def test_contenders_are_told_the_base_rate_given_or_that_of_what_teaches() -> None:
    rows, given, found = posts(200), Teller(), Teller()
    contest(rows, grouped(rows), Aim(0.9, 0.05), given)
    assert set(given.base_rates) == {0.05}
    contest(rows, grouped(rows), Aim(0.9), found)
    rate = sum(one.is_violation for one in rows) / len(rows)
    assert found.base_rates == pytest.approx([rate] * len(found.base_rates), abs=0.02)


def test_times_are_taken_once_of_the_round_that_learns_from_most() -> None:
    rows = posts(2_000)
    outcome = contest(rows, in_time(rows), Aim(0.9))
    assert outcome.train_seconds == 1.0
    assert outcome.judge_seconds == (1.0,) * 200
    assert outcome.model_bytes == 1_800
    many = posts(4_000)
    assert 400 <= len(contest(many, grouped(many), Aim(0.9)).judge_seconds) <= 500


def test_where_the_posts_that_teach_are_too_few_to_choose_on_nothing_is_flagged() -> None:
    rows = posts(60)
    places = range(len(rows))
    alone = [Round(fold, ()) for fold in grouped_folds(list(places), [one.is_violation for one in rows])]
    outcome = contest(rows, alone, Aim(0.9))
    assert not any(mark.is_flagged for mark in outcome.marks)
    assert all(0 < mark.probability < 1 for mark in outcome.marks)


def test_the_worst_mistakes_come_with_the_reasons_of_whoever_made_them() -> None:
    rows = posts(500, overlap=0.9)
    outcome = contest(rows, grouped(rows), Aim(0.5))
    assert outcome.mistakes
    for one in outcome.mistakes:
        assert one.mark.is_flagged != rows[one.mark.place].is_violation
        assert one.reasons == (Reason(rows[one.mark.place].post.body, 1.0),)
    shown = worst([one.mark for one in outcome.mistakes], rows)
    assert worst(outcome.marks, rows) == shown, "ten of each fold hold the ten of all"
    wrong = [mark.probability for mark in shown if mark.is_flagged]
    missed = [mark.probability for mark in shown if not mark.is_flagged]
    assert wrong == sorted(wrong, reverse=True)
    assert missed == sorted(missed)


def test_the_talks_posts_are_as_many_of_each_kind_and_the_same_for_everyone() -> None:
    rows = posts(500)
    outcome = contest(rows, grouped(rows), Aim(0.9))
    counts = balanced(outcome.marks, rows, 100)
    assert (counts.found + counts.missed, counts.wrong + counts.left) == (100, 100)
    assert balanced(tuple(reversed(outcome.marks)), rows, 100) == counts
    fewer = balanced(outcome.marks, rows, 1_000)
    violations = sum(one.is_violation for one in rows)
    assert (fewer.found + fewer.missed, fewer.wrong + fewer.left) == (violations, violations)


def test_classes_and_weeks_add_up_to_the_whole() -> None:
    rows = posts(500)
    outcome = contest(rows, grouped(rows), Aim(0.9))
    classes = by_class(outcome.marks, rows)
    assert [part.name for part in classes] == ["lure", "spam"]
    assert sum(part.counts.found + part.counts.missed for part in classes) == sum(
        one.is_violation for one in rows
    )
    weeks = by_week(outcome.marks, rows)
    assert [part.name for part in weeks] == ["2026-W36", "2026-W37", "2026-W38", "2026-W39"]
    assert sum(part.counts.wrong + part.counts.left for part in weeks) == sum(
        not one.is_violation for one in rows
    )
