"""Counts: days add and subtract to the last integer."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.counts import NOTHING, Counts, Ids, array_of, parts_of
from shared.spam.features import CHARACTER_BUCKETS, FIRST_NAMED, TokenIds
from shared.spam.labels import ORDINARY
from tests.unit.token_ids import array, counted

Labelled = tuple[tuple[int, ...], str]
"""Distinct ids, ascending, and a class."""
Day = list[Labelled]

IDS = st.sampled_from(
    [0, 1, 7, CHARACTER_BUCKETS - 1, FIRST_NAMED, FIRST_NAMED + 1, FIRST_NAMED + 9, (1 << 32) - 1]
)
DAY: st.SearchStrategy[Day] = st.lists(
    st.tuples(
        st.sets(IDS, max_size=5).map(lambda ids: tuple(sorted(ids))),
        st.sampled_from([ORDINARY, ORDINARY, "lure", "pyramid", "reviews"]),
    ),
    max_size=6,
)


def counts_of(posts: Iterable[Labelled]) -> Counts:
    return Counts.of((array(list(ids)), name) for ids, name in posts)


def naive(posts: Iterable[Labelled]) -> tuple[dict[str, int], dict[tuple[int, str], int]]:
    """The same counts by a loop a child could check: posts by class, and posts by token and class."""
    by_class: dict[str, int] = {}
    by_token: dict[tuple[int, str], int] = {}
    for ids, name in posts:
        by_class[name] = by_class.get(name, 0) + 1
        for token in ids:
            by_token[token, name] = by_token.get((token, name), 0) + 1
    return by_class, by_token


def assert_counts(counts: Counts, posts: list[Labelled]) -> None:
    """`counts` are of exactly these posts, and in their one form."""
    by_class, by_token = naive(posts)
    assert dict(counts.posts) == by_class
    assert list(counts.posts) == sorted(by_class)
    assert counts.ids.tolist() == sorted({token for token, _ in by_token})
    assert counts.table.shape == (len(counts.ids), len(by_class))
    found = {
        (token, name): int(counts.table[row, column])
        for row, token in enumerate(counts.ids.tolist())
        for column, name in enumerate(counts.classes)
        if counts.table[row, column]
    }
    assert found == by_token
    assert (counts.ids.dtype.name, counts.table.dtype.name) == ("uint32", "int32")
    assert counts == counts_of(posts)


@given(DAY)
def test_counts_say_in_how_many_posts_of_each_class_a_token_stands(day: Day) -> None:
    assert_counts(counts_of(day), day)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("adds"), DAY),
        st.tuples(st.just("leaves"), st.integers(0, 9)),
        st.tuples(st.just("changes"), st.integers(0, 9)),
    ),
    max_size=12,
)


@given(STEPS, st.data())
def test_any_days_added_left_and_counted_again_equal_a_full_recount(
    steps: list[tuple[str, int | Day]], data: st.DataObject
) -> None:
    """A window as it moves on: days enter, days leave, and labels of days within it change."""
    window: list[Day] = []
    counts = NOTHING
    for kind, what in steps:
        if isinstance(what, list):
            window.append(what)
            counts += counts_of(what)
        elif window and kind == "leaves":
            counts -= counts_of(window.pop(what % len(window)))
        elif window:
            at = what % len(window)
            answers = [data.draw(st.sampled_from([ORDINARY, "lure", "appealed"])) for _ in window[at]]
            changed = [(ids, name) for (ids, _), name in zip(window[at], answers, strict=True)]
            counts = counts - counts_of(window[at]) + counts_of(changed)
            window[at] = changed
        assert_counts(counts, [post for day in window for post in day])


@given(DAY, DAY, DAY)
def test_days_add_up_alike_in_whatever_order(one: Day, two: Day, three: Day) -> None:
    first, second, third = counts_of(one), counts_of(two), counts_of(three)
    assert (first + second) + third == third + (second + first) == counts_of([*three, *one, *two])


@given(DAY, DAY)
def test_adding_and_subtracting_leaves_what_was_there_untouched(one: Day, other: Day) -> None:
    first, second = counts_of(one), counts_of(other)
    both = first + second
    assert both - second == first
    assert both - first == second
    assert_counts(first, one)
    assert_counts(second, other)


@given(DAY)
def test_an_empty_day_changes_nothing_and_a_day_less_itself_is_empty(day: Day) -> None:
    counts = counts_of(day)
    assert counts + NOTHING == NOTHING + counts == counts - NOTHING == counts
    assert counts - counts == NOTHING == counts_of([])
    assert_counts(counts - counts, [])


def test_a_class_and_tokens_whose_last_post_leaves_leave_with_it() -> None:
    stays = counted([(["事務", "副業"], ORDINARY), (["副業"], "lure")])
    leaves = counted([(["ねずみ", "副業"], "pyramid")])
    assert (stays + leaves).classes == (ORDINARY, "lure", "pyramid")
    assert stays + leaves - leaves == stays


def test_posts_without_a_token_are_counted() -> None:
    counts = counts_of([((), ORDINARY), ((), "lure"), ((), "lure")])
    assert (counts.ordinary, counts.violations, len(counts.ids)) == (1, 2, 0)
    assert counts - counts_of([((), "lure")]) == counts_of([((), ORDINARY), ((), "lure")])


A, B = FIRST_NAMED + 1, FIRST_NAMED + 2


@pytest.mark.parametrize(
    "never",
    [
        [((), "pyramid")],  # a class there is none of
        [((B,), ORDINARY)],  # a token there is none of
        [((A,), "lure")],  # of another class
        [((A,), ORDINARY), ((A,), ORDINARY)],  # more posts with a token than there are
        [((), ORDINARY)] * 4,  # more posts than there are
        [((), "lure")],  # the one post of its class, which has a token
    ],
    ids=["class", "token", "class of a token", "token too often", "too many posts", "not with its tokens"],
)
def test_posts_that_were_never_counted_can_not_be_subtracted(never: Day) -> None:
    counts = counts_of([((A,), ORDINARY), ((), ORDINARY), ((), ORDINARY), ((B + 1,), "lure")])
    with pytest.raises(ValueError, match="expected posts that were counted before"):
        _ = counts - counts_of(never)


@given(DAY, DAY)
def test_a_token_never_stands_in_more_posts_than_there_are(one: Day, other: Day) -> None:
    """Whatever is subtracted: either it is refused, or what is left could have been counted."""
    try:
        left = counts_of(one) - counts_of(other)
    except ValueError:
        return
    assert all(left.posts.values())
    assert (left.table <= np.array(list(left.posts.values()), np.int32)).all()
    assert left.table.any(axis=1).all()


def test_nothing_can_be_subtracted_from_nothing() -> None:
    assert NOTHING - NOTHING == NOTHING
    with pytest.raises(ValueError, match="expected posts that were counted before"):
        _ = NOTHING - counts_of([((A,), ORDINARY)])


# What is asked of counts


def test_counts_tell_a_class_all_violations_and_how_many_posts_there_are() -> None:
    counts = counts_of([((A,), "lure"), ((A, B), "pyramid"), ((B,), ORDINARY), ((B,), ORDINARY)])
    assert counts.ids.tolist() == [A, B]
    assert counts.column("lure").tolist() == [1, 0]
    assert counts.column(ORDINARY).tolist() == [0, 2]
    assert counts.column("never seen").tolist() == [0, 0]
    assert counts.violating().tolist() == [2, 1]
    assert (counts.ordinary, counts.violations) == (2, 2)
    assert (NOTHING.ordinary, NOTHING.violations, NOTHING.violating().tolist()) == (0, 0, [])


@pytest.mark.parametrize(
    "other",
    [
        counts_of([((A,), "lure")]),
        counts_of([((A,), ORDINARY), ((A,), ORDINARY)]),
        counts_of([((B,), ORDINARY)]),
        counts_of([((A,), ORDINARY), ((), ORDINARY)]),
        NOTHING,
        "counts",
    ],
)
def test_counts_that_differ_in_anything_are_not_equal(other: object) -> None:
    assert counts_of([((A,), ORDINARY)]) != other
    assert counts_of([((A,), ORDINARY)]) == counts_of([((A,), ORDINARY)])


@given(st.lists(st.integers(FIRST_NAMED, (1 << 32) - 1)), st.lists(st.integers(0, CHARACTER_BUCKETS - 1)))
def test_ids_of_a_post_are_kept_ascending_each_once_and_told_apart_again(
    named: list[int], buckets: list[int]
) -> None:
    kept: Ids = array_of(TokenIds(named, buckets))
    assert kept.tolist() == sorted({*named, *buckets})
    assert kept.dtype.name == "uint32"
    again = parts_of(kept)
    assert (again.named, again.buckets) == (sorted(set(named)), sorted(set(buckets)))
    assert all(type(token) is int for token in [*again.named, *again.buckets])
