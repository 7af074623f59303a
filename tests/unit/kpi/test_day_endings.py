"""Is the day over? When a table's last row happened, by its own weekdays and in its own time zone."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.kpi.arrival.day_endings import Ending, ends_early

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
SUNDAY = 6


def endings(
    at: Callable[[date], time], day: date, days: int = 60, zone: ZoneInfo = TOKYO
) -> dict[date, datetime]:
    """The last row of each day at a time of day in `zone`."""
    dates = [day - timedelta(days=n) for n in range(days + 1)]
    return {each: datetime.combine(each, at(each), zone).astimezone(UTC) for each in dates}


def shop(day: date) -> time:
    """A shop that closes at 22:00 on Sundays, else at midnight."""
    return time(21, 59, 30) if day.weekday() == SUNDAY else time(23, 59, 10)


def test_a_day_that_ends_hours_early_is_partial_and_says_when_it_usually_ends() -> None:
    day = date(2026, 1, 20)
    found = endings(lambda _: time(23, 55, 30), day) | {day: datetime(2026, 1, 20, 14, 5, 59, tzinfo=TOKYO)}
    assert ends_early(found, day, TOKYO) == Ending(time(14, 5), time(23, 55))


@pytest.mark.parametrize("history_days", [14, 21, 28, 60])
def test_a_weekday_that_always_ends_early_is_whole(history_days: int) -> None:
    for n in range(14):
        day = date(2026, 1, 18) + timedelta(days=n)
        assert ends_early(endings(shop, day, history_days), day, TOKYO) is None, day


def test_the_others_are_partial_where_they_end_as_a_weekday_always_does() -> None:
    tuesday, sunday = date(2026, 1, 20), date(2026, 1, 18)
    found = endings(shop, tuesday) | {tuesday: datetime(2026, 1, 20, 19, 0, tzinfo=TOKYO)}
    assert ends_early(found, tuesday, TOKYO) == Ending(time(19, 0), time(23, 59))
    found = endings(shop, sunday) | {sunday: datetime(2026, 1, 18, 19, 0, tzinfo=TOKYO)}
    assert ends_early(found, sunday, TOKYO) == Ending(time(19, 0), time(21, 59))


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1), date(2025, 11, 2)])
@pytest.mark.parametrize("clock", [NEW_YORK, ZoneInfo("UTC")])
def test_clocks_that_change_make_no_day_partial(change: date, clock: ZoneInfo) -> None:
    """Whether the last row keeps to the wall's clock, or to UTC as a job of a scheduler does."""
    for n in range(40):
        day = change + timedelta(days=n - 2)
        found = endings(lambda _: time(22, 30), day, zone=clock)
        assert ends_early(found, day, NEW_YORK) is None, day


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)])
def test_a_day_on_which_clocks_change_is_partial_where_it_ends_early(change: date) -> None:
    for n in range(4):
        day = change + timedelta(days=n)
        found = endings(lambda _: time(23, 30), day, zone=NEW_YORK)
        found[day] = datetime.combine(day, time(19, 0), NEW_YORK)
        early = ends_early(found, day, NEW_YORK)
        assert early is not None, day
        assert early.last_at == time(19, 0)


def test_rows_in_the_hour_that_is_there_twice_or_not_at_all_are_no_trouble() -> None:
    for change, at in ((date(2026, 11, 1), time(1, 30)), (date(2026, 3, 8), time(2, 30))):
        days = [change - timedelta(days=n) for n in range(61)]
        found = {each: datetime.combine(each, at, NEW_YORK).astimezone(UTC) for each in days}
        assert ends_early(found, change, NEW_YORK) is None


def test_a_table_of_irregular_hours_is_never_partial() -> None:
    draw = random.Random(1)
    for n in range(300):
        day = date(2026, 1, 20) + timedelta(days=n)
        found = endings(lambda _: time(draw.randint(14, 23), 10), day)
        assert ends_early(found, day, TOKYO) is None


@pytest.mark.parametrize(("days", "is_told"), [(0, False), (13, False), (14, True)])
def test_a_new_tables_first_days_tell_nothing(days: int, is_told: bool) -> None:
    day = date(2026, 1, 20)
    found = endings(lambda _: time(23, 50), day, days) | {day: datetime(2026, 1, 20, 3, tzinfo=TOKYO)}
    assert (ends_early(found, day, TOKYO) is not None) is is_told
    assert ends_early({}, day, TOKYO) is None


def test_the_same_instants_are_whole_in_one_time_zone_and_partial_in_another() -> None:
    day = date(2026, 1, 20)
    found = {
        day - timedelta(days=n): datetime.combine(day - timedelta(days=n), time(23, 50), UTC)
        for n in range(30)
    }
    found[day] -= timedelta(hours=3)
    assert ends_early(found, day, ZoneInfo("UTC")) == Ending(time(20, 50), time(23, 50))
    west = ends_early(found, day, ZoneInfo("America/Los_Angeles"))
    assert west == Ending(time(12, 50), time(15, 50))


def test_a_shop_that_closed_early_on_two_holidays_may_on_a_third() -> None:
    holidays = [date(2026, 1, 20), date(2025, 11, 3), date(2025, 9, 23)]
    found = endings(lambda _: time(22, 10), holidays[0], 200)
    for holiday, is_told in zip(holidays[::-1], (True, True, False), strict=True):
        found[holiday] = datetime.combine(holiday, time(18, 0), TOKYO)
        until = {each: at for each, at in found.items() if each <= holiday}
        assert (ends_early(until, holiday, TOKYO) is not None) is is_told, holiday


def test_an_incident_of_some_days_is_no_habit_and_a_day_that_is_earlier_still_is_told() -> None:
    day = date(2026, 1, 20)
    found = endings(lambda _: time(22, 10), day, 200)
    for n in (0, 80, 81, 82):
        found[day - timedelta(n)] = datetime.combine(day - timedelta(n), time(18, 0), TOKYO)
    assert ends_early(found, day, TOKYO) is not None
    found[day - timedelta(120)] = datetime.combine(day - timedelta(120), time(18, 0), TOKYO)
    assert ends_early(found, day, TOKYO) is None
    found[day] = datetime.combine(day, time(12, 0), TOKYO)
    assert ends_early(found, day, TOKYO) is not None


def test_sundays_that_end_early_are_no_reason_that_a_tuesday_does() -> None:
    day = date(2026, 1, 20)
    found = endings(shop, day, 200) | {day: datetime.combine(day, time(22, 0), TOKYO)}
    assert ends_early(found, day, TOKYO) is not None


def test_a_table_of_few_rows_hardly_ever_ends_early() -> None:
    told = 0
    for seed in range(5):
        draw = random.Random(seed)
        drawn = [max(draw.triangular(0, 24, 18) for _ in range(draw.randint(3, 8))) for _ in range(300)]
        first = date(2025, 6, 1)
        found = {
            first + timedelta(n): datetime.combine(first, time(), TOKYO) + timedelta(n, hours=hour)
            for n, hour in enumerate(drawn)
        }
        for n in range(100, 300):
            day = first + timedelta(n)
            until = {each: at for each, at in found.items() if each <= day}
            told += ends_early(until, day, TOKYO) is not None
    assert told <= 3  # in 2.7 years
