"""Rows by segment: a mall that closes or opens is told of as itself, and hides nothing of the others."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from shared.kpi.arrival.day import check_arrival
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.calendar import Calendar
from shared.kpi.checking import Known, check_table
from shared.kpi.checks import CheckState
from shared.kpi.deciding import decide
from shared.kpi.history import Cell, Column, DayRows, History, Shape, parts_of, segment_of
from shared.kpi.incidents import AlertKind
from shared.kpi.judgement import Status
from shared.kpi.suggestion import Clue, Suggestion, suggest
from shared.kpi.tables import KpiTable, Watched

DAY = date(2026, 1, 20)  # a Tuesday
TABLE = KpiTable("recsys.home_module_daily", segments=("mall", "gender"))
WATCHED = Watched("day", ("clicks",), {}, ("mall", "gender"), ("day", "mall", "gender", "module"))
SHAPE = Shape(
    tuple(
        Column(name, kind)
        for name, kind in {
            "day": "DATE",
            "mall": "STRING",
            "gender": "STRING",
            "module": "STRING",
            "clicks": "INTEGER",
        }.items()
    ),
    "day",
)
UNTIL = TABLE.due_at(DAY) + timedelta(hours=3)
EVERY_SEGMENT = [f"mall={mall}, gender={gender}" for mall in "ABC" for gender in ("men", "women")]

type Sizes = Mapping[str, Callable[[date], int]]


def fixed(*segments: str, rows: int = 4) -> dict[str, Callable[[date], int]]:
    return dict.fromkeys(segments or EVERY_SEGMENT, lambda _: rows)


def until(last: date, rows: int = 4) -> Callable[[date], int]:
    return lambda day: rows if day <= last else 0


def since(first: date, rows: int = 4) -> Callable[[date], int]:
    return lambda day: rows if day >= first else 0


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def history(sizes: Sizes, days: int = 100, day: date = DAY, left_out: int = 0) -> History:
    """What a table with so many rows of each segment a day holds; each row has 100 clicks, more or less."""
    dates = [day - timedelta(days=n) for n in reversed(range(days))]
    rows = {
        name: {each: DayRows(count) for each in dates if (count := size(each))}
        for name, size in sizes.items()
    }
    rows = {
        name: counts for name, counts in rows.items() if any(day - each < timedelta(28) for each in counts)
    }
    total = {each: sum(counts[each].rows for counts in rows.values() if each in counts) for each in dates}
    draw = random.Random(1)
    cells = {
        name: {
            "clicks": {
                each: Cell(found.rows * draw.randint(90, 110), found.rows) for each, found in c.items()
            }
        }
        for name, c in {"": {d: DayRows(n) for d, n in total.items()}, **rows}.items()
    }
    return History(SHAPE, day, {d: DayRows(n) for d, n in total.items() if n}, cells, left_out, rows)


def check(found: History, now: datetime = UNTIL, watched: Watched = WATCHED) -> Arrival:
    table = replace(TABLE, segments=watched.segments)
    return check_arrival(table, watched, found, SHAPE, now, UNTIL)


def only(found: Arrival) -> Finding:
    assert len(found.findings) == 1, found.findings
    return found.findings[0]


MALL_B = frozenset({"mall=B, gender=men", "mall=B, gender=women"})


def closed(last: date) -> dict[str, Callable[[date], int]]:
    return fixed() | dict.fromkeys(MALL_B, until(last))


def test_a_mall_that_vanished_is_told_by_its_name_and_hides_nothing_else() -> None:
    found = check(history(closed(before(1))))
    assert found.state is ArrivalState.BROKEN
    assert only(found) == Finding(
        FindingKind.SEGMENT_GONE,
        "mall=B",
        {"rows": 0, "usual": 8, "since": "2026-01-20", "days": 1},
        segments=MALL_B,
    )
    assert found.muted_segments == MALL_B
    assert not found.muted


def test_what_vanished_may_still_come_until_it_is_told() -> None:
    found = check(history(closed(before(1))), now=UNTIL - timedelta(seconds=1))
    assert (found.state, only(found).is_serious) == (ArrivalState.WAITING, False)


@pytest.mark.parametrize(("days", "is_serious"), [(1, True), (2, True), (7, True), (8, False), (26, False)])
def test_what_vanished_is_serious_for_a_week_and_is_how_the_table_is_then(
    days: int, is_serious: bool
) -> None:
    found = check(history(closed(before(days))))
    finding = only(found)
    assert (finding.is_serious, finding.facts["days"]) == (is_serious, days)
    assert found.state is (ArrivalState.BROKEN if is_serious else ArrivalState.ARRIVED)
    assert found.muted_segments == MALL_B  # zeros of a mall that is closed are no news


def test_a_mall_gone_for_a_month_is_forgotten() -> None:
    assert check(history(closed(before(28)))) == Arrival(ArrivalState.ARRIVED)


def test_one_segment_of_a_mall_is_told_as_itself() -> None:
    finding = only(check(history(fixed() | {"mall=B, gender=men": until(before(1))})))
    assert (finding.column, finding.facts["usual"]) == ("mall=B, gender=men", 4)


def test_a_table_parted_by_one_column_names_its_value() -> None:
    watched = replace(WATCHED, segments=("mall",))
    for name in ("mall=B", "mall=アウトレット", 'mall="a, b"'):
        found = check(history(fixed("mall=A", name) | {name: until(before(1))}), watched=watched)
        assert only(found).column == name


def test_a_mall_that_opened_is_noted_and_hides_nothing() -> None:
    found = check(history(fixed() | {"mall=D, gender=men": since(DAY)}))
    assert (found.state, found.muted, found.muted_segments) == (
        ArrivalState.ARRIVED,
        frozenset(),
        frozenset(),
    )
    assert only(found) == Finding(
        FindingKind.SEGMENT_NEW,
        "mall=D, gender=men",
        {"rows": 4},
        is_serious=False,
        segments=frozenset({"mall=D, gender=men"}),
    )


@pytest.mark.parametrize("days", [1, 2, 7, 13, 14, 30])
def test_a_new_mall_is_noted_once_and_never_breaks_the_table(days: int) -> None:
    found = check(history(fixed() | {"mall=D, gender=men": since(before(days))}))
    assert found == Arrival(ArrivalState.ARRIVED)


def test_one_that_opens_does_not_hide_one_that_closes() -> None:
    found = check(history(closed(before(1)) | fixed() | dict.fromkeys(MALL_B, until(before(1))) | {
        "mall=D, gender=men": since(DAY, 8)
    }))  # fmt: skip
    assert [each.kind for each in found.findings] == [FindingKind.SEGMENT_GONE, FindingKind.SEGMENT_NEW]


def test_a_segment_with_a_wrong_number_of_rows_is_told_and_the_others_are_judged() -> None:
    short = {"mall=B, gender=men": lambda day: 3 if day == DAY else 4}
    found = check(history(fixed() | short))
    finding = only(found)
    assert (finding.kind, finding.column) == (FindingKind.FEW_ROWS, "mall=B, gender=men")
    assert finding.facts == {"rows": 3, "expected": 4, "lowest": 4, "highest": 4}
    assert found.muted_segments == {"mall=B, gender=men"}
    assert not found.muted


def test_rows_that_went_to_the_wrong_segment_are_seen_though_the_sum_is_right() -> None:
    swapped = {
        "mall=A, gender=men": lambda day: 5 if day == DAY else 4,
        "mall=B, gender=men": lambda day: 3 if day == DAY else 4,
    }
    kinds = {each.column: each.kind for each in check(history(fixed() | swapped)).findings}
    assert kinds == {
        "mall=A, gender=men": FindingKind.MANY_ROWS,
        "mall=B, gender=men": FindingKind.FEW_ROWS,
    }


def test_a_table_that_is_short_everywhere_is_told_as_one() -> None:
    found = check(history({name: lambda day: 3 if day == DAY else 4 for name in EVERY_SEGMENT}))
    assert (only(found).kind, only(found).column) == (FindingKind.FEW_ROWS, "")
    assert found.muted == {"clicks"}


def test_a_load_that_hardly_came_is_told_of_the_table() -> None:
    names = [f"mall={number}, gender={gender}" for number in range(10) for gender in "mw"]
    lost = {name: until(before(1)) for name in (*names[0:12:2], *names[9:18:2])}
    found = check(history(fixed(*names) | lost))
    assert (only(found).kind, only(found).column) == (FindingKind.FEW_ROWS, "")
    assert found.muted == {"clicks"}


def test_of_many_that_are_gone_some_are_named_and_the_rest_counted() -> None:
    names = [f"mall={number}, gender={gender}" for number in range(10) for gender in "mw"]
    sizes = {name: (lambda _, size=place + 1: size) for place, name in enumerate(names)}
    lost = {name: (lambda day, size=sizes[name]: 0 if day == DAY else size(day)) for name in names[:14:2]}
    found = check(history(sizes | lost))
    assert [each.column for each in found.findings] == [f"mall={n}, gender=m" for n in (6, 5, 4, 3, 2)]
    assert [each.facts.get("more") for each in found.findings] == [None] * 4 + [2]
    assert found.findings[-1].facts["usual"] == 5 + 3 + 1
    assert found.muted_segments == set(names[:14:2])


def test_a_mall_that_is_back_after_two_weeks_is_no_fault() -> None:
    def away(day: date) -> int:
        return 0 if before(15) <= day <= before(1) else 4

    assert check(history(fixed() | dict.fromkeys(MALL_B, away))) == Arrival(ArrivalState.ARRIVED)


def test_a_mall_that_was_away_once_is_told_the_next_time() -> None:
    def away(day: date) -> int:
        return 0 if before(30) <= day <= before(20) or day == DAY else 4

    assert only(check(history(fixed() | dict.fromkeys(MALL_B, away)))).column == "mall=B"


def test_a_segment_that_comes_and_goes_is_never_told() -> None:
    draw = random.Random(7)
    there = {before(n): draw.random() < 0.9 for n in range(200)}
    for n in range(60):
        sizes = fixed() | {"mall=B, gender=men": lambda day: 4 if there[day] else 0}
        found = check(history(sizes, day=before(n)))
        assert found.state is ArrivalState.ARRIVED, (n, found)


def test_a_mall_closed_on_mondays_is_missed_on_tuesdays() -> None:
    def no_mondays(day: date) -> int:
        return 0 if day.weekday() == 0 else 4

    sizes = fixed() | dict.fromkeys(MALL_B, no_mondays)
    for n in range(7):
        assert check(history(sizes, day=before(n))).state is ArrivalState.ARRIVED, n
    finding = only(
        check(history(fixed() | dict.fromkeys(MALL_B, lambda d: 0 if d == DAY else no_mondays(d))))
    )
    assert (finding.column, finding.facts["since"]) == ("mall=B", "2026-01-20")


def test_a_young_segment_is_not_missed() -> None:
    def trial(day: date) -> int:
        return 4 if before(13) <= day < DAY else 0

    assert check(history(fixed() | {"mall=D, gender=men": trial})).state is ArrivalState.ARRIVED


def test_raw_rows_that_follow_sales_lose_a_small_mall_and_it_is_told() -> None:
    draw = random.Random(3)
    levels = dict(zip(EVERY_SEGMENT, (5000, 4000, 300, 200, 3000, 2000), strict=True))
    counts = {
        (name, before(n)): round(level * draw.lognormvariate(0, 0.2))
        for name, level in levels.items()
        for n in range(100)
    }
    sizes = {name: (lambda day, name=name: counts[name, day]) for name in EVERY_SEGMENT}
    assert check(history(sizes)) == Arrival(ArrivalState.ARRIVED)
    gone = {name: (lambda day, name=name: 0 if day == DAY else counts[name, day]) for name in MALL_B}
    assert only(check(history(sizes | gone))).column == "mall=B"
    most = {
        name: (lambda day, name=name: 0 if day == DAY else counts[name, day])
        for name in EVERY_SEGMENT
        if "mall=C" not in name
    }
    found = check(history(sizes | most))
    assert [each.column for each in found.findings] == ["mall=A", "mall=B"]
    assert found.muted == frozenset()


def test_rows_that_are_all_there_twice_are_duplicates_of_the_table_and_of_no_segment() -> None:
    once = history(fixed())
    doubled = {name: dict(days) | {DAY: DayRows(8, 4)} for name, days in once.segment_rows.items()}
    found = check(replace(once, days=dict(once.days) | {DAY: DayRows(48, 24)}, segment_rows=doubled))
    assert (only(found).kind, found.muted) == (FindingKind.DUPLICATES, frozenset({"clicks"}))


def test_with_more_segments_than_are_read_one_that_is_gone_is_told_all_the_same() -> None:
    names = [f"mall={number}, gender=m" for number in range(12)]
    sizes = fixed(*names) | {names[3]: until(before(1))}
    found = history(sizes)
    more = {day: DayRows(rows.rows + 3) for day, rows in found.days.items()}  # of segments that are not read
    found = replace(found, days=more, segments_left_out=3)
    assert only(check(found)).column == "mall=3, gender=m"
    assert check(found).muted == frozenset()


def test_a_table_where_segments_always_begin_notes_none() -> None:
    items = {f"mall={number}, gender=m": since(before(number)) for number in range(20)}
    assert check(history(items)) == Arrival(ArrivalState.ARRIVED)


# What becomes of it


def test_the_day_is_judged_in_the_segments_that_are_there() -> None:
    done = check_table(
        *(TABLE, WATCHED, history(closed(before(1))), Known(Calendar(), SHAPE), DAY, UNTIL),
    )
    assert done.state is CheckState.BROKEN
    judged = {each.segment for each in done.judgements if each.status is not Status.MUTED}
    assert judged == {"", *EVERY_SEGMENT} - MALL_B
    assert suggest(done) == Suggestion(Clue.ONE_SEGMENT, ("mall=B",))
    decision = decide(done, ())
    assert decision is not None
    assert (decision.kind, "segment_gone:mall=B" in decision.subjects) == (AlertKind.RAISED, True)


@pytest.mark.parametrize(
    "values",
    [
        {"mall": "A", "gender": "men"},
        {"mall": "a, gender=1", "gender": ""},
        {"mall": '"q"', "gender": 'it\'s "5%"'},
        {"店 舗": "本店,別館", "x=y": "a=b"},
        {"mall": '5" screen', "gender": "two\nlines"},
    ],
)
def test_a_segment_is_taken_apart_whatever_is_written_in_it(values: dict[str, str]) -> None:
    parts = parts_of(segment_of(values), values)
    assert len(parts) == len(values)
    assert [part.partition("=")[0] for part in parts if "x=y" not in part] == [
        n for n in values if n != "x=y"
    ]
    assert ", ".join(parts) == segment_of(values)
