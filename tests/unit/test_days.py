"""The window's counts move by days, and are those of a full recount to the last integer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.counts import NOTHING, Counts
from shared.spam.days import Day, WindowCounts, digest_of
from shared.spam.evidence import Example
from shared.spam.features import FIRST_NAMED
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.posts import Post

START = date(2026, 9, 1)
FEATURES = ("words", "characters")


def an_example(number: int, kind: str, ids: Sequence[int], words: tuple[str, ...] = ()) -> Example:
    when = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=number)
    # What a revision says never changes: another text is another post.
    post = Post(f"p-{number} {sorted(ids)} {words}", 1, when, when, "", "")
    labelled = LabelledPost(post, Answer.VIOLATION if kind else Answer.OK, kind, Source.QUEUE)
    return Example(labelled, np.array(sorted(set(ids)), np.uint32), words)


EXAMPLES = st.lists(
    st.tuples(
        st.sampled_from(["", "lure", "pyramid", "unclassified"]),
        st.sets(st.integers(0, 9) | st.integers(FIRST_NAMED, FIRST_NAMED + 9), max_size=6),
        st.sets(st.sampled_from(["副業", "稼ぐ", "事務"])),
    ),
    max_size=6,
).map(
    lambda rows: [
        an_example(n, kind, sorted(ids), tuple(sorted(words))) for n, (kind, ids, words) in enumerate(rows)
    ]
)


def digest(examples: Sequence[Example]) -> str:
    return digest_of([one.labelled.label for one in examples], FEATURES)


class Shelf:
    """Days by what names them, as a store keeps them; and which were asked for."""

    def __init__(self) -> None:
        self._days: dict[tuple[date, str], Day] = {}
        self.asked: list[date] = []

    def put(self, days: Mapping[date, Sequence[Example]]) -> dict[date, str]:
        for day, examples in days.items():
            self._days[day, digest(examples)] = Day.of(examples)
        return {day: digest(examples) for day, examples in days.items()}

    def day(self, day: date, name: str) -> Day:
        self.asked.append(day)
        return Day.from_bytes(self._days[day, name].to_bytes(), "a shelf")


def recounted(days: Mapping[date, Sequence[Example]]) -> Counts:
    return Counts.of((one.ids, one.violation_class) for examples in days.values() for one in examples)


@given(st.lists(st.dictionaries(st.integers(0, 4), EXAMPLES, max_size=5), min_size=1, max_size=5))
def test_a_window_that_moved_equals_a_full_recount(windows: list[dict[int, list[Example]]]) -> None:
    shelf, window = Shelf(), WindowCounts()
    for wanted in windows:
        days = {START + timedelta(days=number): examples for number, examples in wanted.items()}
        window = window.moved(shelf.put(days), shelf.day)
        window = WindowCounts.from_bytes(window.to_bytes(), "here")
        assert window.counts == recounted(days)
        words = {word for those in days.values() for one in those if one.is_violation for word in one.words}
        assert set(window.words) == words
    assert window.moved({}, shelf.day).counts == NOTHING


def test_only_days_that_entered_left_or_changed_are_looked_at() -> None:
    shelf = Shelf()
    days = {START + timedelta(days=number): [an_example(number, "lure", [number])] for number in range(60)}
    window = WindowCounts().moved(shelf.put(days), shelf.day)
    shelf.asked.clear()
    later = {day: examples for day, examples in days.items() if day > START}
    later[START + timedelta(days=60)] = [an_example(60, "", [1, 2])]
    changed = START + timedelta(days=30)
    turned = replace(days[changed][0].labelled, answer=Answer.OK, violation_class="")
    later[changed] = [replace(days[changed][0], labelled=turned)]
    moved = window.moved(shelf.put(later), shelf.day)
    assert moved.counts == recounted(later)
    assert sorted(shelf.asked) == [START, changed, changed, START + timedelta(days=60)]


def test_a_window_that_stands_still_looks_at_nothing() -> None:
    shelf = Shelf()
    digests = shelf.put({START: [an_example(1, "lure", [1])]})
    window = WindowCounts().moved(digests, shelf.day)
    shelf.asked.clear()
    assert window.moved(digests, shelf.day).counts == window.counts
    assert shelf.asked == []


@given(EXAMPLES)
def test_a_day_is_read_as_it_was_written(examples: list[Example]) -> None:
    day = Day.of(examples)
    read = Day.from_bytes(day.to_bytes(), "here")
    assert list(read.keys) == list(day.keys)
    assert list(read.classes) == list(day.classes)
    assert [ids.tolist() for ids in read.tokens()] == [one.ids.tolist() for one in examples]
    assert read.counts == day.counts == recounted({START: examples})
    assert read.to_bytes() == day.to_bytes()


def test_a_day_is_another_when_a_label_its_class_a_revision_or_the_features_change() -> None:
    label = an_example(1, "lure", [1]).labelled.label
    names = {
        digest_of([label], FEATURES),
        digest_of([replace(label, violation_class="")], FEATURES),
        digest_of([replace(label, violation_class="pyramid")], FEATURES),
        digest_of([replace(label, revision=2)], FEATURES),
        digest_of([label], ("words",)),
        digest_of([label, label], FEATURES),
        digest_of([], FEATURES),
    }
    assert len(names) == 7


def test_who_looked_makes_no_other_day() -> None:
    """A patrol's find that the queue brings too is counted once either way."""
    label = an_example(1, "lure", [1]).labelled.label
    assert digest_of([label], FEATURES) == digest_of([replace(label, source=Source.PATROL)], FEATURES)


@pytest.mark.parametrize("read", [Day.from_bytes, WindowCounts.from_bytes])
def test_anything_else_is_refused(read: object) -> None:
    assert callable(read)
    whole = Day.of([an_example(1, "lure", [1, 2])]).to_bytes()
    for data in (b"", b"{}", whole[:-30], whole[:10], b"PK\x03\x04" + bytes(200), NOTHING.ids.tobytes()):
        with pytest.raises(BadModel, match=r"^there: expected counts of labelled posts, came"):
            read(data, "there")


def test_a_window_is_no_day_and_a_day_no_window() -> None:
    with pytest.raises(BadModel):
        Day.from_bytes(WindowCounts().to_bytes(), "there")
    with pytest.raises(BadModel):
        WindowCounts.from_bytes(Day.of([]).to_bytes(), "there")
