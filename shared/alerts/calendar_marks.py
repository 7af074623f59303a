"""Calendar marks: the events and holidays to be seen in a chart, and thought of by whoever reads it."""

from datetime import date, timedelta

from shared.alerts.message import Mark
from shared.kpi.calendar import Calendar

DAYS = 90


def calendar_marks(calendar: Calendar, day: date, names: tuple[str, ...] | None = None) -> tuple[Mark, ...]:
    """The own events in `names` (None: all) and the holidays of the 90 days that end the day after `day`."""
    first, last = day - timedelta(days=DAYS), day + timedelta(days=1)
    events = [
        Mark("event", each.start, each.end, each.name)
        for each in calendar.events_between(first, last)
        if names is None or each.name in names
    ]
    holidays = [
        Mark("holiday", each.day, each.day, each.name)
        for each in calendar.occasions(first, last, ())
        if not each.is_own
    ]
    return (*events, *holidays)
