"""No copy of a post is on both sides of any fold, and nothing older is examined by what is newer."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import TrainingRefused
from shared.spam.arena.folds import examination, grouped_folds, held_out, refuse_few, time_blocks

START = datetime(2026, 9, 1, tzinfo=UTC)
ROWS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=120)


def hours(*numbers: int) -> list[datetime]:
    return [START + timedelta(hours=number) for number in numbers]


def mixed(many: int, seed: int = 5) -> list[bool]:
    return [Random(f"{seed} {number}").random() < 0.4 for number in range(many)]


@given(ROWS, st.integers(0, 3))
def test_every_post_is_examined_once_and_never_by_its_copies(rows: list[tuple[int, bool]], seed: int) -> None:
    groups, answers = [group for group, _ in rows], [answer for _, answer in rows]
    try:
        folds = grouped_folds(groups, answers, seed=seed)
    except TrainingRefused:
        kinds = [{group for group, answer in rows if answer == kind} for kind in (True, False)]
        lone = any(len(held) < 2 for held in kinds)
        assert lone or len(set(groups)) < 10, "enough groups of both kinds"
        return
    assert 2 <= len(folds) <= 5
    assert sorted(place for fold in folds for place in fold.examined) == list(range(len(rows)))
    for fold in folds:
        assert sorted(fold.taught + fold.examined) == list(range(len(rows)))
        assert not {groups[place] for place in fold.taught} & {groups[place] for place in fold.examined}
        assert {answers[place] for place in fold.taught} == {True, False}


def test_folds_have_both_kinds_in_equal_shares() -> None:
    answers = mixed(500)
    folds = grouped_folds([number // 3 for number in range(500)], answers)
    violations = [sum(answers[place] for place in fold.examined) for fold in folds]
    sizes = [len(fold.examined) for fold in folds]
    assert max(violations) - min(violations) <= 3
    assert max(sizes) - min(sizes) <= 6


def test_the_same_rows_give_the_same_folds_and_another_seed_gives_others() -> None:
    answers = mixed(100)
    assert grouped_folds(range(100), answers) == grouped_folds(range(100), answers)
    assert grouped_folds(range(100), answers, seed=1) != grouped_folds(range(100), answers)


def test_few_texts_of_a_kind_make_fewer_folds_and_one_makes_none() -> None:
    answers = [True] * 9 + [False] * 50
    assert len(grouped_folds([0, 0, 0, 1, 1, 1, 2, 2, 2, *range(3, 53)], answers)) == 3
    with pytest.raises(
        TrainingRefused, match=r"at least 2 different texts labelled violation .* came 1 and 50"
    ):
        grouped_folds([0] * 9 + list(range(1, 51)), answers)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([], "labelled violation, came 0"),
        ([False] * 30, "labelled violation, came 0"),
        ([True] * 30, "labelled ok, came 0"),
        ([True] * 10 + [False] * 9, "labelled ok, came 9"),
    ],
)
def test_too_few_of_a_kind_are_refused(answers: Sequence[bool], told: str) -> None:
    with pytest.raises(TrainingRefused, match=f"posts.csv: expected at least 10 posts {told}"):
        refuse_few(answers, "posts.csv")


def test_ten_of_each_kind_are_enough() -> None:
    refuse_few([True] * 10 + [False] * 10, "posts.csv")


def test_each_block_is_examined_by_all_that_is_older() -> None:
    folds = time_blocks(hours(*range(200)), range(200), mixed(200))
    assert [fold.examined for fold in folds] == [tuple(range(at, at + 20)) for at in range(100, 200, 20)]
    assert [fold.taught for fold in folds] == [tuple(range(at)) for at in range(100, 200, 20)]
    assert [fold.copies for fold in folds] == [0] * 5


def test_copies_of_older_posts_are_not_examined() -> None:
    groups = list(range(200))
    groups[150], groups[199], groups[121], groups[122] = 3, 120, 120, 120
    folds = time_blocks(hours(*range(200)), groups, mixed(200))
    examined = [place for fold in folds for place in fold.examined]
    assert sorted(set(range(100, 200)) - set(examined)) == [150, 199]
    assert {121, 122} <= set(examined), "copies within a block are of one time"
    assert sum(fold.copies for fold in folds) == 2


@given(st.lists(st.integers(0, 40), min_size=60, max_size=200))
def test_posts_of_one_instant_are_never_parted(numbers: list[int]) -> None:
    times = hours(*sorted(numbers))
    try:
        folds = time_blocks(times, range(len(times)), [place % 2 == 0 for place in range(len(times))])
    except TrainingRefused:
        assert max(Counter(times).values()) > 3
        return
    for fold in folds:
        assert max(times[place] for place in fold.taught) < min(times[place] for place in fold.examined)


def test_a_file_of_one_instant_has_nothing_to_examine() -> None:
    with pytest.raises(
        TrainingRefused,
        match=r"expected a newer half to examine, came the same posted_at from the middle of the 100 posts "
        r"to the end, 2026-09-01T01:00:00\+00:00",
    ):
        time_blocks(hours(*[1] * 100), range(100), mixed(100))


@pytest.mark.parametrize(
    ("violations", "told"),
    [
        (range(181, 200), "came 0 violation and 180 ok before the newest block"),
        (range(171, 190), "came 9 violation and 171 ok before the newest block"),
        (range(185), "came 180 violation and 0 ok before the newest block"),
    ],
)
def test_where_nothing_teaches_the_newest_block_the_refusal_says_what_there_was(
    violations: Sequence[int], told: str
) -> None:
    answers = [place in violations for place in range(200)]
    with pytest.raises(TrainingRefused, match=f"at least 10 posts of each kind older than a block.*{told}"):
        time_blocks(hours(*range(200)), range(200), answers)


def test_ten_of_each_kind_before_the_newest_block_are_enough_to_teach_it() -> None:
    answers = [place in range(170, 190) for place in range(200)]
    assert [fold.examined[0] for fold in time_blocks(hours(*range(200)), range(200), answers)] == [180]


def test_where_copies_leave_too_few_to_examine_the_refusal_says_how_many_they_were() -> None:
    groups = [*range(100), *range(95), *range(100, 105)]
    with pytest.raises(
        TrainingRefused,
        match=r"expected at least 10 posts labelled violation, came \d \(of 5 posts; 95 of 100 were left out "
        r"as near-copies of posts that teach\)",
    ):
        time_blocks(hours(*range(200)), groups, mixed(200))


def test_blocks_before_which_a_kind_is_missing_are_left_out() -> None:
    answers = [place >= 110 and place % 2 == 0 for place in range(300)]
    folds = time_blocks(hours(*range(300)), range(300), answers)
    assert [fold.examined[0] for fold in folds] == [150, 180, 210, 240, 270]
    late = [place >= 200 and place % 2 == 0 for place in range(300)]
    assert [fold.examined[0] for fold in time_blocks(hours(*range(300)), range(300), late)] == [240, 270]


def test_a_threshold_is_chosen_on_the_newest_fifth() -> None:
    fold = held_out(hours(*range(100)), [0, *range(1, 99), 0])
    assert (fold.taught, fold.examined, fold.copies) == (tuple(range(80)), tuple(range(80, 99)), 1)


def test_of_two_files_copies_of_texts_do_not_examine() -> None:
    answers = [place % 2 == 0 for place in range(25)]
    fold = examination(3, [0, 1, 2, 0, *range(3, 23), 1], answers)
    assert (fold.taught, fold.examined, fold.copies) == ((0, 1, 2), tuple(range(4, 24)), 2)
    with pytest.raises(TrainingRefused, match=r"the test rows: .*\(of 19 posts; 3 of 22 were left out as"):
        examination(3, [0, 1, 2, 0, *range(3, 22), 1, 1], answers)


def test_one_later_instant_is_enough_to_examine() -> None:
    [fold] = time_blocks(hours(*[1] * 100, *[2] * 100), range(200), mixed(200))
    assert fold.examined == tuple(range(100, 200))
