"""Rows by segment: a mall that closes or opens is told of as itself, and hides nothing of the others."""

import math
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
SUNDAY = 6
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
    total = {each: sum(counts[each].rows for counts in rows.values() if each in counts) for each in dates}
    rows = {
        name: counts for name, counts in rows.items() if any(day - each < timedelta(28) for each in counts)
    }
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


def poisson(draw: random.Random, level: float) -> int:
    """A count by chance."""
    threshold, count, product = math.exp(-level), 0, draw.random()
    while product > threshold:
        count, product = count + 1, product * draw.random()
    return count


def ending(size: Callable[[date], int], last: date) -> Callable[[date], int]:
    return lambda day: size(day) if day <= last else 0


def counted(rows: Mapping[date, int]) -> Callable[[date], int]:
    return lambda day: rows.get(day, 0)


def by_chance(level: float, segments: int, days: int, seed: int) -> dict[str, Callable[[date], int]]:
    """Segments whose rows are few, and vary as counts do."""
    draw = random.Random(seed)
    names = [f"mall={number}, gender=m" for number in range(segments)]
    drawn = {name: {before(n): poisson(draw, level) for n in range(days)} for name in names}
    return {name: counted(drawn[name]) for name in names}


@pytest.mark.parametrize("level", [1, 2, 4, 8])
@pytest.mark.parametrize("segments", [6, 50])
def test_a_segment_of_few_rows_that_has_none_by_chance_is_not_told(level: float, segments: int) -> None:
    sizes = by_chance(level, segments, 150, seed=segments)
    for n in range(20):
        found = check(history(sizes, day=before(n), days=120))
        assert found.state is ArrivalState.ARRIVED, (n, found)


@pytest.mark.parametrize(("level", "segments", "within"), [(20, 50, 1), (40, 6, 1), (8, 12, 3), (4, 6, 5)])
def test_the_fewer_rows_a_segment_had_the_later_it_is_missed(
    level: float, segments: int, within: int
) -> None:
    name = "mall=3, gender=m"
    for seed in range(5):
        counts = by_chance(level, segments, 120, seed)
        lost = [counts | {name: ending(counts[name], before(n))} for n in range(1, within + 1)]
        told = [each.column for sizes in lost for each in check(history(sizes)).findings if each.is_serious]
        assert set(told) == {name}, seed


@pytest.mark.parametrize(
    "is_closed",
    [
        lambda day: day.weekday() == 2 and 15 <= day.day <= 21,
        lambda day: (day.month, day.day) in {(12, 31), (1, 1), (1, 2), (8, 13), (8, 14), (8, 15)},
        lambda day: day.toordinal() % 31 == 0 or day.weekday() == 6,
    ],
)
def test_a_mall_closed_now_and_then_is_told_for_its_first_closings_alone(
    is_closed: Callable[[date], bool],
) -> None:
    sizes = fixed() | dict.fromkeys(MALL_B, lambda day: 0 if is_closed(day) else 4)
    for n in range(0, 160, 2):
        assert check(history(sizes, 300, before(n))).state is ArrivalState.ARRIVED, n


def test_a_mall_closed_twice_for_a_day_and_then_for_good_is_told_within_a_week() -> None:
    def away(days: int) -> Callable[[date], int]:
        return lambda day: 0 if day in {before(30), before(20)} or day > before(days) else 4

    found = {n: check(history(fixed() | dict.fromkeys(MALL_B, away(n)))) for n in range(1, 16)}
    broken = [n for n, each in found.items() if each.state is ArrivalState.BROKEN]
    assert broken == list(range(broken[0], broken[0] + 7))
    assert 2 <= broken[0] <= 7
    assert only(found[broken[0]]).facts["days"] == broken[0]


def test_most_of_a_table_that_is_away_as_it_was_once_is_no_closing() -> None:
    twice = {name: (lambda day: 0 if day in {before(60), DAY} else 4) for name in EVERY_SEGMENT[:4]}
    found = check(history(fixed() | twice))
    assert (only(found).kind, only(found).facts["rows"]) == (FindingKind.FEW_ROWS, 8)


def during(first: date, until: date) -> Callable[[date], int]:
    return lambda day: 4 if first <= day < until else 0


def campaigns(length: int) -> dict[str, Callable[[date], int]]:
    """12 places in which a campaign of so many days always follows another."""
    draw, found = random.Random(2), dict[str, Callable[[date], int]]()
    for place in range(12):
        first, number = before(500) - timedelta(draw.randrange(length)), 0
        while first <= DAY:
            last = first + timedelta(draw.randint(length // 2, 3 * length // 2))
            found[f"mall=c{place}.{number}, gender=m"] = during(first, last)
            first, number = last, number + 1
    return found


@pytest.mark.parametrize("length", [30, 60, 180])
def test_where_segments_always_end_and_others_follow_the_end_of_one_is_no_news(length: int) -> None:
    sizes = campaigns(length)
    serious = [
        before(n) for n in range(60) if check(history(sizes, 400, before(n))).state is ArrivalState.BROKEN
    ]
    assert serious == []


def test_but_one_that_was_always_there_is_missed_among_them() -> None:
    sizes = campaigns(30) | {"mall=A, gender=m": until(before(1))}
    finding = next(each for each in check(history(sizes, 400)).findings if each.column == "mall=A, gender=m")
    assert finding.is_serious


def test_and_where_half_of_them_end_at_once_that_is_told() -> None:
    sizes = campaigns(60)
    there = [name for name, size in sizes.items() if size(DAY)]
    lost = {name: (lambda day, size=sizes[name]: size(day) if day < DAY else 0) for name in there[:8]}
    assert check(history(sizes | lost, 400)).state is ArrivalState.BROKEN


def test_a_list_that_is_one_short_now_and_then_is_so_again() -> None:
    short = {"mall=A, gender=men": before(80), "mall=C, gender=men": DAY}
    sizes = fixed(rows=10) | {
        name: (lambda day, short=short: 9 if day == short else 10) for name, short in short.items()
    }
    assert check(history(sizes, 120)) == Arrival(ArrivalState.ARRIVED)
    assert only(check(history(sizes, 60))).column == "mall=C, gender=men"  # the first that is known
    worse = {"mall=C, gender=men": lambda day: 7 if day == DAY else 10}
    assert only(check(history(sizes | worse, 120))).column == "mall=C, gender=men"
    more = {"mall=C, gender=men": lambda day: 11 if day == DAY else 10}
    assert only(check(history(sizes | more, 120))).kind is FindingKind.MANY_ROWS


def test_what_lacks_much_was_to_happen_twice_before_it_is_usual() -> None:
    once = {"mall=A, gender=men": lambda day: 3 if day == before(80) else 4}
    today = {"mall=C, gender=men": lambda day: 3 if day == DAY else 4}
    assert only(check(history(fixed() | once | today, 120))).column == "mall=C, gender=men"
    twice = {"mall=B, gender=men": lambda day: 3 if day == before(70) else 4}
    assert check(history(fixed() | once | twice | today, 120)) == Arrival(ArrivalState.ARRIVED)


def test_weekdays_with_fewer_rows_are_no_lack_that_happened_before() -> None:
    usual = {name: (lambda day: 8 if day.weekday() == SUNDAY else 10) for name in EVERY_SEGMENT}
    short = {"mall=C, gender=men": lambda day: 9 if day == DAY else usual["mall=A, gender=men"](day)}
    assert only(check(history(usual | short, 120))).column == "mall=C, gender=men"


def test_rows_in_the_wrong_one_of_two_segments_are_told() -> None:
    a, b = "mall=A, gender=men", "mall=A, gender=women"
    wrong = {a: lambda day: 7 if day == DAY else 4, b: lambda day: 1 if day == DAY else 4}
    kinds = {each.column: each.kind for each in check(history(fixed(a, b) | wrong)).findings}
    assert kinds == {a: FindingKind.MANY_ROWS, b: FindingKind.FEW_ROWS}


def test_of_many_with_the_wrong_rows_and_the_right_sum_five_are_named_and_none_is_judged() -> None:
    names = [f"mall={number:02}, gender=m" for number in range(20)]
    wrong = {
        name: (lambda day, place=place: 4 + (-1) ** place * (day == DAY))
        for place, name in enumerate(names[:12])
    }
    found = check(history(fixed(*names) | wrong))
    assert (found.state, len(found.findings)) == (ArrivalState.BROKEN, 5)
    assert found.muted_segments == set(names[:12])
    assert not found.muted


def test_what_is_gone_together_is_told_by_the_most_it_shares() -> None:
    names = [f"mall={number}, gender={gender}" for number in range(6) for gender in ("f", "m")]
    lost = {name: until(before(1)) for name in names if name.endswith("m") or "mall=0" in name}
    finding = {each.column: each.facts["usual"] for each in check(history(fixed(*names) | lost)).findings}
    assert finding == {"gender=m": 24, "mall=0, gender=f": 4}


def test_segment_columns_that_are_null_in_every_row_are_told_as_such() -> None:
    lost = dict.fromkeys(EVERY_SEGMENT, until(before(1)))
    found = check(history(lost | {"mall=(none), gender=(none)": since(DAY, 24)}))
    serious = [each for each in found.findings if each.is_serious]
    assert [(each.kind, each.column, each.facts) for each in serious] == [
        (FindingKind.ALL_NULL, name, {"rows": 24, "days": 1}) for name in ("mall", "gender")
    ]
    assert found.muted_segments == set(EVERY_SEGMENT)


def test_segments_that_are_all_called_something_else_are_told_as_one() -> None:
    lost = dict.fromkeys(EVERY_SEGMENT, until(before(1)))
    renamed = {name.replace("mall=", "mall=X"): since(DAY) for name in EVERY_SEGMENT}
    serious = [each for each in check(history(lost | renamed)).findings if each.is_serious]
    assert [(each.kind, each.facts["usual"], each.facts["more"]) for each in serious] == [
        (FindingKind.SEGMENT_GONE, 24, 2)
    ]
    assert serious[0].segments == set(EVERY_SEGMENT)


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
