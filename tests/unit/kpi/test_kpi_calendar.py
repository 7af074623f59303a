"""The calendar: holidays, the days around them, own events, and what is wrong with its file."""

import calendar as months
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.kpi.calendar import Calendar, Occasion
from shared.kpi.configuration.calendar_file import check_events, parse_calendar
from shared.kpi.configuration.table_file import parse_table
from shared.kpi.events import EventDays

SHIPPED = Path(__file__).parents[3] / "infra" / "calendar.yaml"
JAPAN = Calendar()


def parsed(text: str) -> Calendar:
    return parse_calendar(text, "calendar.yaml")


def one_event(*lines: str) -> Calendar:
    return parsed("country: none\nevents:\n  - name: sale\n" + "".join(f"    {line}\n" for line in lines))


def days_of(name: str, calendar: Calendar, first: date, last: date) -> list[date]:
    return [each.day for each in calendar.occasions(first, last) if each.name == name]


def names_on(day: date, calendar: Calendar = JAPAN) -> list[str]:
    return [each.name for each in calendar.occasions(day, day)]


def year(number: int, name: str, calendar: Calendar = JAPAN) -> list[date]:
    return days_of(name, calendar, date(number, 1, 1), date(number, 12, 31))


# Public holidays and the days around them


def test_each_public_holiday_has_a_name_of_its_own() -> None:
    assert names_on(date(2026, 1, 12)) == ["Coming of Age Day"]
    assert names_on(date(2026, 3, 20)) == ["Vernal Equinox Day"]
    assert names_on(date(2026, 9, 22)) == ["National Holiday"]
    assert names_on(date(2026, 9, 24)) == []


def test_all_days_that_stand_in_for_a_holiday_teach_each_other() -> None:
    assert year(2024, "Substitute Holiday") == [
        date(2024, 2, 12), date(2024, 5, 6), date(2024, 8, 12), date(2024, 9, 23), date(2024, 11, 4)
    ]  # fmt: skip
    assert year(2022, "Substitute Holiday", Calendar("US")) == [date(2022, 6, 20), date(2022, 12, 26)]


def test_a_holiday_that_was_renamed_teaches_its_successor() -> None:
    assert year(2019, "Sports Day") == [date(2019, 10, 14)]
    assert year(2026, "Sports Day") == [date(2026, 10, 12)]


@pytest.mark.parametrize("number", range(2016, 2031))
def test_each_day_of_the_year_end_has_the_same_one_name_every_year(number: int) -> None:
    first, last = date(number, 12, 29), date(number + 1, 1, 3)
    assert [each.name for each in JAPAN.occasions(first, last)] == [
        "29 December", "30 December", "New Year's Eve", "New Year's Day", "2 January", "3 January"
    ]  # fmt: skip


def test_obon_is_four_days_in_japan() -> None:
    assert year(2026, "Obon") == [date(2026, 8, day) for day in (13, 14, 15, 16)]
    assert year(2026, "Obon", Calendar("US")) == []


def test_a_working_day_between_two_days_off_is_a_bridge_day() -> None:
    assert year(2026, "bridge day") == [date(2026, 8, 10), date(2026, 11, 2), date(2026, 12, 28)]
    assert year(2025, "bridge day") == [
        date(2025, 2, 10), date(2025, 3, 21), date(2025, 4, 28), date(2025, 9, 22)
    ]  # fmt: skip
    assert year(2026, "bridge day", Calendar("DE")) == [date(2026, 1, 2), date(2026, 5, 15)]
    assert year(2026, "bridge day", Calendar(bridge_days=False)) == []


def test_the_working_days_of_golden_week_are_bridge_days_of_their_own() -> None:
    name = "Golden Week bridge day"
    assert year(2026, name) == [date(2026, 4, 30), date(2026, 5, 1)]  # the 2nd is a Saturday
    assert year(2024, name) == [date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 2)]
    assert year(2019, name) == []  # they were holidays: the new emperor
    assert year(2026, name, Calendar("US")) == []


def test_a_closing_day_is_off_and_makes_bridge_days() -> None:
    calendar = parsed("closing_days: [04-01, 2026-06-10, {start: 2026-06-03, end: 2026-06-04}]")
    assert year(2026, "closing day", calendar) == [
        date(2026, 4, 1), date(2026, 6, 3), date(2026, 6, 4), date(2026, 6, 10)
    ]  # fmt: skip
    assert year(2027, "closing day", calendar) == [date(2027, 4, 1)]
    assert date(2026, 6, 5) in year(2026, "bridge day", calendar)
    assert date(2026, 6, 5) not in year(2026, "bridge day")


def test_without_a_country_there_are_only_own_events() -> None:
    assert Calendar("none").occasions(date(2026, 1, 1), date(2026, 12, 31)) == ()
    assert names_on(date(2026, 7, 3), Calendar("US")) == ["Substitute Holiday"]


def test_any_stretch_of_days_says_the_same_of_each() -> None:
    whole = JAPAN.occasions(date(2023, 1, 1), date(2026, 12, 31))
    part = JAPAN.occasions(date(2024, 4, 29), date(2026, 1, 1))
    assert part == tuple(each for each in whole if date(2024, 4, 29) <= each.day <= date(2026, 1, 1))
    assert whole == tuple(sorted(whole, key=lambda each: (each.day, each.name)))
    assert JAPAN.occasions(date(2026, 1, 1), date(2026, 1, 1))[0].day == date(2026, 1, 1)
    assert JAPAN.occasions(date(2026, 1, 2), date(2026, 1, 1)) == ()


def test_the_ends_of_time_are_no_error() -> None:
    calendar = one_event("start: 12-28", "end: 01-03")
    assert calendar.occasions(date.min, date.min) == ()
    assert [each.name for each in calendar.occasions(date.max, date.max)] == []
    assert calendar.is_first_time("sale", date.max) is False


# Own events


def test_an_event_moves_kpis_from_its_lead_to_its_lag() -> None:
    calendar = one_event("start: 2026-03-10", "end: 2026-03-12", "lead_days: 2", "lag_days: 1")
    occasion = Occasion("sale", date(2026, 3, 10), -2, 3, is_own=True)
    for first, last in [(7, 8), (8, 8), (13, 13), (13, 20), (1, 31), (11, 11)]:
        assert calendar.occasions(date(2026, 3, first), date(2026, 3, last)) == (occasion,)
    assert calendar.occasions(date(2026, 3, 1), date(2026, 3, 7)) == ()
    assert calendar.occasions(date(2026, 3, 14), date(2026, 3, 31)) == ()
    on = [day for day in range(1, 32) if calendar.events_on(date(2026, 3, day))]
    assert on == [8, 9, 10, 11, 12, 13]


def test_what_is_announced_is_the_event_itself_without_lead_and_lag() -> None:
    calendar = one_event("start: 2026-03-10", "end: 2026-03-12", "lead_days: 2", "lag_days: 1")
    found = (EventDays("sale", date(2026, 3, 10), date(2026, 3, 12), is_first=True),)
    assert calendar.events_between(date(2026, 3, 12), date(2026, 3, 18)) == found
    assert calendar.events_between(date(2026, 3, 4), date(2026, 3, 10)) == found
    assert calendar.events_between(date(2026, 3, 13), date(2026, 3, 19)) == ()
    assert calendar.events_between(date(2026, 3, 3), date(2026, 3, 9)) == ()


def test_an_event_of_one_day_needs_no_end() -> None:
    calendar = one_event("start: 2026-03-10")
    assert calendar.occasions(date(2026, 1, 1), date(2026, 12, 31)) == (
        Occasion("sale", date(2026, 3, 10), 0, 0, is_own=True),
    )


@pytest.mark.parametrize("lines", [("start: 03-10",), ("start: 03-10", "repeats: yearly")])
def test_a_day_without_its_year_comes_every_year_and_is_never_new(lines: tuple[str, ...]) -> None:
    calendar = one_event(*lines)
    assert year(1999, "sale", calendar) == [date(1999, 3, 10)]
    assert year(2027, "sale", calendar) == [date(2027, 3, 10)]
    assert not calendar.is_first_time("sale", date(1999, 3, 10))
    assert [each.is_first for each in calendar.events_between(date(2026, 3, 10), date(2026, 3, 10))] == [
        False
    ]


def test_a_yearly_event_that_begins_with_a_year_is_new_in_that_year() -> None:
    calendar = one_event("start: 2026-12-30", "end: 2027-01-02", "repeats: yearly")
    assert days_of("sale", calendar, date(2020, 1, 1), date(2029, 12, 31)) == [
        date(number, 12, 30) for number in (2026, 2027, 2028, 2029)
    ]
    assert calendar.is_first_time("sale", date(2026, 12, 1))
    assert calendar.is_first_time("sale", date(2027, 1, 2))
    assert not calendar.is_first_time("sale", date(2027, 1, 3))
    assert not calendar.is_first_time("sale", date(2027, 12, 30))
    starts = [each.is_first for each in calendar.events_between(date(2026, 1, 1), date(2028, 12, 31))]
    assert starts == [True, False, False]


def test_an_event_over_new_year_is_one_event() -> None:
    calendar = one_event("start: 12-28", "end: 01-03")
    occasion = Occasion("sale", date(2025, 12, 28), 0, 6, is_own=True)
    assert calendar.occasions(date(2026, 1, 1), date(2026, 1, 2)) == (occasion,)
    assert calendar.occasions(date(2025, 12, 30), date(2025, 12, 31)) == (occasion,)
    assert calendar.occasions(date(2026, 1, 4), date(2026, 12, 27)) == ()
    assert calendar.events_between(date(2026, 1, 3), date(2026, 1, 9))[0].start == date(2025, 12, 28)


@pytest.mark.parametrize("number", [1900, 2000, 2023, 2024, 2025, 2100])
def test_a_leap_day_is_the_last_of_february_in_other_years(number: int) -> None:
    last = 29 if months.isleap(number) else 28
    assert year(number, "sale", one_event("start: 02-29")) == [date(number, 2, last)]
    until = one_event("start: 02-27", "end: 02-29").events_between(date(number, 1, 1), date(number, 12, 31))
    assert [each.end for each in until] == [date(number, 2, last)]


def test_dates_are_written_out_where_no_rule_gives_them() -> None:
    calendar = one_event(
        "dates:", "  - {start: 2026-02-17, end: 2026-02-19}", "  - {start: 2025-01-29}", "lag_days: 1"
    )
    assert calendar.occasions(date(2024, 1, 1), date(2027, 1, 1)) == (
        Occasion("sale", date(2025, 1, 29), 0, 1, is_own=True),
        Occasion("sale", date(2026, 2, 17), 0, 3, is_own=True),
    )
    firsts = calendar.events_between(date(2024, 1, 1), date(2027, 1, 1))
    assert [(each.start, each.is_first) for each in firsts] == [
        (date(2025, 1, 29), True), (date(2026, 2, 17), False)
    ]  # fmt: skip
    assert calendar.is_first_time("sale", date(2025, 1, 30))  # its lag
    assert not calendar.is_first_time("sale", date(2025, 1, 31))
    assert not calendar.is_first_time("sale", date(2026, 3, 1))  # none comes any more
    assert not calendar.is_first_time("unheard of", date(2025, 1, 29))


def test_a_table_may_name_the_events_that_move_it() -> None:
    calendar = parsed("country: none\nevents: [{name: sale, start: 03-10}, {name: LINE day, start: 03-10}]")
    day = date(2026, 3, 10)

    def told(names: tuple[str, ...] | None) -> list[str]:
        assert calendar.events_on(day, names) == tuple(
            each.name
            for each in sorted(calendar.occasions(day, day, names), key=lambda one: one.name != "sale")
        )
        return [each.name for each in calendar.occasions(day, day, names)]

    assert told(None) == ["LINE day", "sale"]
    assert told(()) == []
    assert told(("sale",)) == ["sale"]
    assert told(("line day", "unheard of")) == ["LINE day"]
    assert JAPAN.occasions(date(2026, 1, 1), date(2026, 1, 1), ()) != ()  # holidays move every table


def test_events_of_a_table_that_the_calendar_has_not_are_told() -> None:
    calendar = parse_calendar(SHIPPED.read_text(encoding="utf-8"), "calendar.yaml")
    check_events(parse_table("table: a.b\nevents: [Winter Sale]", "f"), calendar)
    check_events(parse_table("table: a.b\nevents: none", "f"), calendar)
    check_events(parse_table("table: a.b", "f"), calendar)
    with pytest.raises(ConfigError) as raised:
        check_events(parse_table("table: a.b\nevents:\n  - wintre sale\n  - x", "f"), calendar)
    assert str(raised.value).split("\n") == [
        "f, line 3, field events #1: expected an event of the calendar, came 'wintre sale'; "
        "did you mean `winter sale`?",
        "f, line 4, field events #2: expected an event of the calendar, came 'x'; "
        "it has winter sale, spring sale, summer sale, autumn sale, black friday",
    ]


# The file


def test_a_file_may_say_next_to_nothing() -> None:
    assert parsed("country: JP") == Calendar() == parsed("events: []")
    assert parsed("country: none\nbridge_days: false") == Calendar("none", bridge_days=False)
    assert parsed("country: NO").country == "NO"  # Norway; false to YAML 1.1


def test_the_shipped_sale_weeks_are_those_of_the_sample_data() -> None:
    calendar = parse_calendar(SHIPPED.read_text(encoding="utf-8"), "calendar.yaml")
    assert (calendar.country, calendar.bridge_days, calendar.closing_days) == ("JP", True, ())
    found = calendar.events_between(date(2026, 1, 1), date(2026, 12, 31))
    assert [(each.name, each.start, each.end, each.is_first) for each in found] == [
        ("winter sale", date(2026, 1, 5), date(2026, 1, 11), False),
        ("spring sale", date(2026, 3, 14), date(2026, 3, 20), False),
        ("summer sale", date(2026, 6, 20), date(2026, 6, 29), False),
        ("autumn sale", date(2026, 9, 12), date(2026, 9, 18), False),
        ("black friday", date(2026, 11, 23), date(2026, 11, 29), False),
    ]
    assert [
        (each.start, each.end)
        for each in calendar.events_between(date(2020, 1, 1), date(2025, 12, 31))
        if each.name == "black friday"
    ] == [
        (date(2023, 11, 20), date(2023, 11, 26)),
        (date(2024, 11, 25), date(2024, 12, 1)),
        (date(2025, 11, 24), date(2025, 11, 30)),
    ]
    sales = sum((each.end - each.start).days + 1 for each in found)
    on = [date(2026, 1, 1) + timedelta(days=step) for step in range(365)]
    assert sum(bool(calendar.events_on(day)) for day in on) == sales


A_DAY = "expected a day as MM-DD of every year or YYYY-MM-DD, came"
AROUND = "expected a whole number of days from 0 to 31, came"
WRONG = [
    ("country: jp", 1, "country",
     "expected a country's two letters such as JP, or none, came 'jp'; did you mean `JP`?"),
    ("country: Japan", 1, "country", "expected a country's two letters such as JP, or none, came 'Japan'"),
    ("country: XX", 1, "country", "expected a country's two letters such as JP, or none, came 'XX'"),
    ("country:", 1, "country", "expected a country's two letters such as JP, or none, came nothing"),
    ("bridge_day: true", 1, "bridge_day",
     "expected a known field, came 'bridge_day'; did you mean `bridge_days`?"),
    ("bridge_days: yes", 1, "bridge_days", "expected true or false, came 'yes'"),
    ("closing_days: 01-01", 1, "closing_days",
     "expected a list of days such as [01-01, 2026-05-02], came '01-01'"),
    ("closing_days: [13-01]", 1, "closing_days #1.start", "expected a day that exists, came '13-01'"),
    ("closing_days: [5]", 1, "closing_days #1.start", f"{A_DAY} 5"),
    ("closing_days: [{start: 2026-05-02, end: 2026-05-01}]", 1, "closing_days #1.end",
     "expected a day not before 2026-05-02, came 2026-05-01"),
    ("events:", 1, "events", "expected a list of events, came nothing"),
    ("events: {name: a}", 1, "events", "expected a list of events, came mapping"),
    ("events: [sale]", 1, "events #1", "expected a mapping (name: value), came 'sale'"),
    ("events:\n  - start: 01-05", 2, "events #1.name", "expected the event's name, came nothing"),
    ("events:\n  - name: ' '\n    start: 01-05", 2, "events #1.name",
     "expected an event's name as infra/calendar.yaml has it, came ' '"),
    ("events:\n  - name: obon\n    start: 01-05", 2, "events #1.name",
     "expected a name of its own, came 'obon', which has a meaning already"),
    ("events:\n  - name: none\n    start: 01-05", 2, "events #1.name",
     "expected a name of its own, came 'none', which has a meaning already"),
    ("events:\n  - {name: a, start: 01-05}\n  - {name: A, start: 02-05}", 3, "events #2.name",
     "expected each name once (several times go under dates), came 'A' again"),
    ("events:\n  - name: a", 2, "events #1", "expected start (and end), or dates, came neither"),
    ("events:\n  - name: a\n    strat: 01-05", 3, "events #1.strat",
     "expected a known field, came 'strat'; did you mean `start`?"),
    ("events:\n  - name: a\n    start: 5 January", 3, "events #1.start", f"{A_DAY} '5 January'"),
    ("events:\n  - name: a\n    start: 2026/01/05", 3, "events #1.start", f"{A_DAY} '2026/01/05'"),
    ("events:\n  - name: a\n    start: 1-5", 3, "events #1.start", f"{A_DAY} '1-5'"),
    ("events:\n  - name: a\n    start: 105", 3, "events #1.start", f"{A_DAY} 105"),
    ("events:\n  - name: a\n    start: 02-30", 3, "events #1.start",
     "expected a day that exists, came '02-30'"),
    ("events:\n  - name: a\n    start: 2026-02-29", 3, "events #1.start",
     "expected a day that exists, came '2026-02-29'"),
    ("events:\n  - name: a\n    start: 0026-01-05", 3, "events #1.start",
     "expected a year from 2000 to 2100, came '0026-01-05'"),
    ("events:\n  - name: a\n    start: 01-05\n    end: 2026-01-11", 4, "events #1.end",
     "expected start and end both as MM-DD or both with a year, came one of each"),
    ("events:\n  - name: a\n    start: 2026-01-05\n    end: 2026-01-04", 4, "events #1.end",
     "expected a day not before 2026-01-05, came 2026-01-04"),
    ("events:\n  - name: a\n    start: 01-05\n    end: 01-04", 2, "events #1",
     "expected at most 92 days with lead and lag, came 365"),
    ("events:\n  - name: a\n    start: 2026-01-01\n    end: 2026-04-03", 2, "events #1",
     "expected at most 92 days with lead and lag, came 93"),
    ("events:\n  - name: a\n    start: 01-05\n    repeats: weekly", 4, "events #1.repeats",
     "expected yearly or none, came 'weekly'"),
    ("events:\n  - name: a\n    start: 01-05\n    repeats: none", 3, "events #1.start",
     "expected a day with its year where nothing repeats, came MM-DD"),
    ("events:\n  - name: a\n    start: 01-05\n    lead_days: -1", 4, "events #1.lead_days", f"{AROUND} -1"),
    ("events:\n  - name: a\n    start: 01-05\n    lag_days: 32", 4, "events #1.lag_days", f"{AROUND} 32"),
    ("events:\n  - name: a\n    dates: []", 3, "events #1.dates",
     "expected a list such as [{start: 2026-11-23, end: 2026-11-29}], came an empty list"),
    ("events:\n  - name: a\n    dates: [{start: 2026-01-05}]\n    end: 01-06", 4, "events #1.end",
     "expected nothing besides dates, came end"),
    ("events:\n  - name: a\n    dates: [{start: 2026-01-05}]\n    repeats: yearly", 4, "events #1.repeats",
     "expected nothing besides dates, came repeats"),
    ("events:\n  - name: a\n    dates:\n      - start: 01-05", 4, "events #1.dates #1.start",
     "expected a day with its year within dates, came MM-DD"),
    ("events:\n  - name: a\n    dates:\n      - 2026-01-05", 4, "events #1.dates #1",
     "expected a mapping (name: value), came '2026-01-05'"),
    ("events:\n  - name: a\n    dates:\n      - end: 2026-01-05", 4, "events #1.dates #1.start",
     f"{A_DAY} nothing"),
    ("events:\n  - name: a\n    dates:\n"
     "      - {start: 2026-01-05, end: 2026-01-08}\n      - {start: 2026-01-08}", 5, "events #1.dates #2",
     "expected times that don't overlap, came 2026-01-08, within 2026-01-05 to 2026-01-08"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "field", "said"), WRONG, ids=range(len(WRONG)))
def test_whatever_is_wrong_is_told_with_its_line_and_field(
    text: str, line: int, field: str, said: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        parsed(text)
    assert str(raised.value) == f"calendar.yaml, line {line}, field {field}: {said}"


def test_every_problem_is_told_at_once() -> None:
    text = "".join(f"{row[0].removeprefix('events:').lstrip(chr(10))}\n" for row in WRONG[20:30])
    with pytest.raises(ConfigError) as raised:
        parsed(f"country: jp\nevents:\n{text}")
    told = str(raised.value).split("\n")
    assert len(told) == 20  # the country, ten starts and ends, and all but the first name come again
    assert [int(re.findall(r"line (\d+)", line)[0]) for line in told] == sorted(
        int(re.findall(r"line (\d+)", line)[0]) for line in told
    )
