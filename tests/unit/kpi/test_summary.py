"""The summary: what of a week is worth reading, and that nothing of it is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.kpi.arrival.findings import Finding, FindingKind
from shared.kpi.calendar import Calendar
from shared.kpi.checks import CheckState
from shared.kpi.events import Event, EventDays, MonthDay
from shared.kpi.incidents import AlertKind, AlertState
from shared.kpi.judgement import Status
from shared.kpi.summary.comparison import Figure, Measure, Period, Span
from shared.kpi.summary.contents import DayCheck, Moderation, Summary
from shared.kpi.summary.movements import Movement, Presence, measure_of
from shared.kpi.summary.summarising import coming, due_span, newest_period, reach, summarise
from shared.kpi.tables import Average, KpiTable, Ratio
from tests.unit.summary_records import NOW, SUNDAY, WEEK, alert, changed, records, steady, week_of

SLOT, MAIL = "recsys.item_slot_daily", "crm.mail_daily"
FRIDAY = date(2026, 1, 9)


def kpi_of(summary: Summary, kpi: str) -> Movement:
    (found,) = [each for table in summary.tables for each in table.kpis if each.kpi == kpi]
    return found


# Movements


def test_the_most_notable_kpi_comes_first_by_its_own_usual_change_and_not_by_percent() -> None:
    wild = {
        day: replace(each, value=(each.value or 0) * (1 + 0.5 * (day.toordinal() // 7 % 2)))
        for day, each in steady(100).items()
    }
    calm = changed(steady(1000), WEEK.days, 0.85)
    summary = week_of([SLOT], records({SLOT: {"wild": wild, "calm": calm, "flat": steady(50)}}))
    (table,) = summary.tables
    assert table.kpis[0].kpi == "calm"
    assert [each.kpi for each in table.kpis if each.stands_out] == ["calm"]
    assert abs(kpi_of(summary, "wild").week.change or 0) > 0.25  # type: ignore[union-attr]


def test_what_was_told_of_comes_before_what_merely_moved() -> None:
    told = changed(steady(100), [FRIDAY], 0.97, Status.ANOMALY)
    moved = changed(steady(100), WEEK.days, 5)
    summary = week_of([SLOT], records({SLOT: {"moved": moved, "told": told}}))
    assert [each.kpi for each in summary.tables[0].kpis] == ["told", "moved"]
    assert kpi_of(summary, "told").outside == (FRIDAY,)


def test_a_ratio_is_a_ratio_of_sums_over_the_week() -> None:
    ctr = steady(0.02, volume=1000)
    ctr[SUNDAY] = replace(ctr[SUNDAY], value=0.5, volume=10)
    found = kpi_of(week_of([SLOT], records({SLOT: {"ctr": ctr}})), "ctr")
    expected = sum((ctr[day].value or 0) * (ctr[day].volume or 0) for day in WEEK.days) / 6010
    assert found.measure is Measure.MEAN
    assert found.is_share
    assert found.value == pytest.approx(expected)
    assert expected < 0.03


@pytest.mark.parametrize(
    ("table", "values", "volume", "expected"),
    [
        (KpiTable(SLOT), [3, 4], None, Measure.SUM),
        (KpiTable(SLOT), [3.5, 4.2], None, Measure.SUM),
        (KpiTable(SLOT), [0, 1, 0], None, Measure.SUM),
        (KpiTable(SLOT), [0.2, 0.3], None, Measure.MEAN),
        (KpiTable(SLOT), [-0.2, 0.3], None, Measure.SUM),
        (KpiTable(SLOT), [3, 4], 10.0, Measure.MEAN),
        (KpiTable(SLOT, derived={"kpi": Ratio("a", "b")}), [3, 4], None, Measure.MEAN),
        (KpiTable(SLOT, derived={"kpi": Average("a")}), [3, 4], None, Measure.MEAN),
        (KpiTable(SLOT), [], None, Measure.SUM),
    ],
)
def test_how_days_make_a_week_is_told_by_the_file_the_volume_or_the_values(
    table: KpiTable, values: Sequence[float], volume: float | None, expected: Measure
) -> None:
    days = {
        SUNDAY - timedelta(days=n): Figure(SUNDAY - timedelta(days=n), Status.NORMAL, value, volume)
        for n, value in enumerate(values)
    }
    assert measure_of(table, "kpi", days) is expected


def test_missing_days_are_left_out_of_both_weeks() -> None:
    clicks = {day: each for day, each in steady(100).items() if day != FRIDAY}
    clicks[SUNDAY] = replace(clicks[SUNDAY], value=None, status=Status.MISSING)
    found = kpi_of(week_of([SLOT], records({SLOT: {"clicks": clicks}})), "clicks")
    assert (found.days, found.week and found.week.days) == (5, 5)
    assert found.week is not None
    assert abs(found.week.change or 0) < 0.05  # five days against seven would be a drop of a third


def test_a_kpi_that_appears_is_new_and_one_that_disappears_is_gone() -> None:
    new = {day: each for day, each in steady(5).items() if day in WEEK.days}
    gone = {day: each for day, each in steady(5).items() if day not in WEEK.days}
    nulls = {day: replace(each, value=None) if day in WEEK.days else each for day, each in steady(5).items()}
    long_gone = {day: each for day, each in steady(5).items() if day < date(2025, 12, 20)}
    kpis = {"old": steady(9), "new": new, "gone": gone, "nulls": nulls, "long_gone": long_gone}
    summary = week_of([SLOT], records({SLOT: kpis}))
    presences = {each.kpi: each.presence for each in summary.tables[0].kpis}
    assert presences == {
        "old": Presence.STEADY, "new": Presence.NEW, "gone": Presence.GONE, "nulls": Presence.GONE
    }  # fmt: skip
    assert summary.tables[0].standing_out == 3


def test_in_a_new_table_no_kpi_is_new() -> None:
    young = {day: each for day, each in steady(5).items() if day in WEEK.days}
    summary = week_of([SLOT], records({SLOT: {"clicks": young}}))
    assert kpi_of(summary, "clicks").presence is Presence.STEADY
    assert not summary.tables[0].is_loud
    assert (summary.has_week_before, summary.has_year_before) == (False, False)


def test_a_table_without_any_figure_in_the_week_loses_no_kpis_one_by_one() -> None:
    clicks = {day: each for day, each in steady(5).items() if day not in WEEK.days}
    missing = [DayCheck(SLOT, day, CheckState.MISSING) for day in WEEK.days]
    summary = week_of([SLOT], records({SLOT: {"clicks": clicks}}, missing))
    assert summary.tables == ()
    assert summary.arrivals[0].missing == WEEK.days


def test_last_week_zero_divides_nothing() -> None:
    kpi = {day: replace(each, value=0.0 if day < WEEK.start else 3.0) for day, each in steady(1).items()}
    found = kpi_of(week_of([SLOT], records({SLOT: {"refunds": kpi}})), "refunds")
    assert found.week is not None
    assert (found.week.before, found.week.change, found.stands_out) == (0, None, True)


def test_a_drift_says_since_when() -> None:
    clicks = steady(100)
    clicks[SUNDAY] = replace(clicks[SUNDAY], status=Status.DRIFT, since=date(2025, 12, 29))
    found = kpi_of(week_of([SLOT], records({SLOT: {"clicks": clicks}})), "clicks")
    assert (found.drifting_since, found.stands_out) == (date(2025, 12, 29), True)


def test_the_year_before_is_of_the_same_weekdays() -> None:
    orders = steady(100, year=True)
    found = kpi_of(week_of([SLOT], records({SLOT: {"orders": orders}})), "orders")
    assert found.year is not None
    assert found.year.days == 7
    assert found.year.before == pytest.approx(sum(orders[day].value or 0 for day in WEEK.back(364).days))


def test_segments_count_the_days_of_the_week_they_were_told_of() -> None:
    days = {
        "ctr (mall=outlet)": [WEEK.start - timedelta(days=1), FRIDAY, SUNDAY],
        "cvr (mall=a)": [date(2026, 1, 1)],
    }
    summary = week_of([SLOT], records({SLOT: {"ctr": steady(100)}}, segments={SLOT: days}))
    assert [(each.name, each.days) for each in summary.tables[0].segments] == [("ctr (mall=outlet)", 2)]
    assert summary.tables[0].is_loud


# Which days


def test_the_period_is_the_one_most_tables_are_due_for() -> None:
    late = KpiTable("billing.costs", arrives_after_days=3)
    tables = [KpiTable(SLOT), KpiTable(MAIL), late]
    assert newest_period(Period.DAILY, tables, NOW) == Span(SUNDAY, SUNDAY)
    assert newest_period(Period.WEEKLY, tables, NOW) == WEEK
    assert newest_period(Period.WEEKLY, tables, NOW - timedelta(hours=2)) == WEEK.back(7)  # Sunday is not due
    early = KpiTable("ops.orders_daily", arrives_after_days=0, arrives_by=time(9, 30))
    assert newest_period(Period.DAILY, [*tables, early], NOW) == Span(SUNDAY, SUNDAY)
    assert newest_period(Period.DAILY, [early], NOW) == Span(NOW.date(), NOW.date())
    assert newest_period(Period.DAILY, [], NOW) is None
    assert newest_period(Period.DAILY, [KpiTable(SLOT), late], NOW) == Span(SUNDAY, SUNDAY)


@pytest.mark.parametrize(
    ("period", "days_late", "expected"),
    [
        (Period.WEEKLY, 1, WEEK),
        (Period.WEEKLY, 3, Span(WEEK.start, FRIDAY)),
        (Period.WEEKLY, 7, Span(WEEK.start, WEEK.start)),
        (Period.WEEKLY, 8, None),
        (Period.DAILY, 3, Span(FRIDAY, FRIDAY)),
    ],
)
def test_a_table_that_is_due_later_is_told_of_as_far_as_it_is_due(
    period: Period, days_late: int, expected: Span | None
) -> None:
    table = KpiTable(SLOT, arrives_after_days=days_late)
    assert due_span(period, period.span(SUNDAY), table, NOW) == expected


def test_the_records_to_read_reach_back_to_the_latest_comers_day() -> None:
    tables = [KpiTable(SLOT), KpiTable("billing.costs", arrives_after_days=12)]
    day = Span(SUNDAY, SUNDAY)
    assert reach(Period.DAILY, day, tables, NOW) == Span(date(2025, 12, 31), SUNDAY)
    assert reach(Period.WEEKLY, WEEK, tables, NOW) == WEEK
    assert reach(Period.DAILY, day, [], NOW) == day


def test_of_a_past_week_nothing_newer_is_told() -> None:
    past = WEEK.back(7)
    alerts = [
        alert(SLOT, SUNDAY),
        alert(MAIL, past.end),
        alert(MAIL, SUNDAY, AlertKind.RECOVERED, incident=past.end),
    ]
    kept = records({SLOT: {"ctr": steady(1)}, MAIL: {"opens": steady(1)}}, alerts=alerts)
    assert week_of([SLOT, MAIL], kept, span=past).needing == (MAIL,)


# Incidents, arrival, gaps


def test_an_incident_goes_on_until_its_recovery_was_told() -> None:
    alerts = [
        alert(SLOT, FRIDAY),
        alert(SLOT, SUNDAY, AlertKind.REPEATED, incident=FRIDAY, headline="newest"),
        alert(MAIL, FRIDAY),
        alert(MAIL, SUNDAY, AlertKind.RECOVERED, incident=FRIDAY),
        alert("no.longer.configured", FRIDAY),
    ]
    summary = week_of([SLOT, MAIL], records({SLOT: {"ctr": steady(1)}}, alerts=alerts))
    (found,) = summary.incidents
    assert (found.table, found.since, found.day_number, found.headline) == (SLOT, FRIDAY, 3, "newest")
    assert summary.recovered == (MAIL,)


def test_the_days_of_an_incident_go_on_counting_where_nothing_was_said_again() -> None:
    long_ago = alert(SLOT, date(2025, 12, 30))
    (found,) = week_of([SLOT], records({SLOT: {"ctr": steady(1)}}, alerts=[long_ago])).incidents
    assert found.day_number == 13


def test_a_table_that_needs_somebody_comes_before_a_louder_one() -> None:
    loud = changed(steady(100), WEEK.days, 9)
    kept = records({SLOT: {"ctr": steady(1)}, MAIL: {"opens": loud}}, alerts=[alert(SLOT, SUNDAY)])
    assert [each.table.table for each in week_of([MAIL, SLOT], kept).tables] == [SLOT, MAIL]


def test_late_missing_and_broken_days_are_told_apart() -> None:
    dropped = Finding(FindingKind.COLUMN_DROPPED, "clicks")
    due = KpiTable(SLOT).due_at(FRIDAY)
    checks = [
        DayCheck(SLOT, FRIDAY, CheckState.CHECKED, was_late=True, settled_at=due + timedelta(hours=3)),
        DayCheck(
            SLOT, date(2026, 1, 8), CheckState.CHECKED, was_late=True, settled_at=due - timedelta(hours=22)
        ),
        DayCheck(SLOT, SUNDAY, CheckState.MISSING, was_late=True),
        DayCheck(MAIL, SUNDAY, CheckState.BROKEN, findings=(dropped,)),
        DayCheck(MAIL, FRIDAY, CheckState.BROKEN, findings=(dropped,)),
        DayCheck(MAIL, WEEK.start - timedelta(days=1), CheckState.MISSING),
        DayCheck("quiet.table", SUNDAY, CheckState.CHECKED),
    ]
    slot, mail = week_of([MAIL, SLOT, "quiet.table"], records({}, checks, {})).arrivals
    assert (slot.late, slot.longest_delay) == ((date(2026, 1, 8), FRIDAY), timedelta(hours=3))
    assert (slot.missing, slot.broken) == ((SUNDAY,), ())
    assert (mail.missing, mail.broken, mail.findings) == ((), (FRIDAY, SUNDAY), (dropped,))


def test_due_days_nobody_checked_are_told_but_none_before_the_tables_first_check() -> None:
    checks = [
        DayCheck(SLOT, date(2026, 1, 8), CheckState.CHECKED),
        DayCheck(SLOT, SUNDAY, CheckState.CHECKED),
    ]
    gaps = week_of([SLOT, MAIL], records({}, checks, {SLOT: date(2026, 1, 8)})).gaps
    assert gaps.unchecked == ((SLOT, (FRIDAY, date(2026, 1, 10))),)
    assert gaps.never_checked == (MAIL,)


def test_a_day_that_is_not_due_is_not_unchecked() -> None:
    late = KpiTable(SLOT, arrives_after_days=2, arrives_by=time(23))
    checks = [DayCheck(SLOT, day, CheckState.CHECKED) for day in WEEK.days if day < FRIDAY]
    now = datetime(2026, 1, 11, 13, 59, tzinfo=UTC)  # a minute to eleven in Tokyo
    gaps = week_of([late], records({}, checks, {SLOT: WEEK.start}), now=now).gaps
    assert not gaps
    gaps = week_of([late], records({}, checks, {SLOT: WEEK.start}), now=now + timedelta(minutes=1)).gaps
    assert gaps.unchecked == ((SLOT, (FRIDAY,)),)


def test_waiting_and_failed_days_are_told_with_the_newest_reason() -> None:
    checks = [DayCheck(SLOT, day, CheckState.CHECKED) for day in WEEK.days[:4]]
    checks += [
        DayCheck(SLOT, FRIDAY, CheckState.FAILED, error="older"),
        DayCheck(SLOT, date(2026, 1, 10), CheckState.FAILED, error="newer"),
        DayCheck(SLOT, SUNDAY, CheckState.WAITING, was_late=True),
    ]
    gaps = week_of([SLOT], records({SLOT: {}}, checks)).gaps
    assert gaps.failed == ((SLOT, (FRIDAY, date(2026, 1, 10)), "newer"),)
    assert gaps.waiting == ((SLOT, (SUNDAY,)),)


@pytest.mark.parametrize("period", list(Period))
def test_kpis_nothing_is_thought_of_are_told_once_a_week_and_muted_ones_every_day(period: Period) -> None:
    def judged(status: Status) -> dict[date, Figure]:
        return {day: replace(each, status=status, note="why") for day, each in steady(5).items()}

    recovered = judged(Status.REFUSED) | {SUNDAY: Figure(SUNDAY, Status.NORMAL, 5)}
    kpis = {
        "refused": judged(Status.REFUSED),
        "young": judged(Status.TOO_LITTLE_HISTORY),
        "muted": judged(Status.MUTED),
        "judged_again": recovered,
    }
    gaps = week_of([SLOT], records({SLOT: kpis}), period=period, span=period.span(SUNDAY)).gaps
    told = [[each.kpis for each in found] for found in (gaps.refused, gaps.too_young, gaps.muted)]
    weekly = period is Period.WEEKLY
    assert told == [[("refused",)] if weekly else [], [("young",)] if weekly else [], [("muted",)]]


def test_days_nobody_checked_are_compared_with_but_never_judged() -> None:
    kpi = {day: replace(each, status=Status.HISTORY) for day, each in steady(100, year=True).items()}
    kpi[FRIDAY] = replace(kpi[FRIDAY], status=Status.REFUSED, note="why")
    summary = week_of([SLOT], records({SLOT: {"clicks": kpi}}, [], {SLOT: FRIDAY}))
    (found,) = summary.tables[0].kpis
    assert found.week is not None
    assert found.year is not None
    assert (found.week.days, found.year.days, found.days) == (7, 7, 7)
    assert (found.judged_days, found.is_alarming, found.presence) == (0, False, Presence.STEADY)
    (refused,) = summary.gaps.refused
    assert (refused.kpis, refused.note) == (("clicks",), "why"), "not hidden by newer days nobody checked"
    assert summary.gaps.unchecked == ((SLOT, (FRIDAY, date(2026, 1, 10), SUNDAY)),)


def test_an_incident_whose_table_no_file_names_any_more_is_told_as_it_stops_and_then_no_more() -> None:
    def unwatched(day: date, misconfigured: tuple[str, ...] = ()) -> tuple[str, ...]:
        kept = records({SLOT: {"ctr": steady(1)}}, alerts=[alert(MAIL, day), alert(SLOT, day)])
        return week_of([SLOT], kept, misconfigured=misconfigured).gaps.unwatched

    assert unwatched(SUNDAY) == (MAIL,)
    assert unwatched(date(2025, 12, 1)) == ()
    assert unwatched(SUNDAY, ("mail.yaml: line 1: …",)) == (), "the file that can't be read may be its own"


@pytest.mark.parametrize(
    ("state", "told"),
    [(AlertState.SENT, 0), (AlertState.UNSENT, 1), (AlertState.REFUSED, 1), (AlertState.SENDING, 0)],
)
def test_alerts_nobody_got_are_told(state: AlertState, told: int) -> None:
    kept = records({SLOT: {"ctr": steady(1)}}, alerts=[alert(SLOT, SUNDAY, state=state)])
    assert len(week_of([SLOT], kept).gaps.not_told) == told


def test_files_that_can_not_be_read_are_told() -> None:
    gaps = week_of([SLOT], records({SLOT: {}}), misconfigured=["a.yaml, line 3: expected …"]).gaps
    assert gaps.misconfigured == ("a.yaml, line 3: expected …",)


def test_a_quiet_week_has_no_gaps_no_arrivals_and_no_incidents() -> None:
    summary = week_of([SLOT], records({SLOT: {"ctr": steady(1)}}))
    assert not summary.gaps
    assert (summary.arrivals, summary.incidents, summary.needing) == ((), (), ())
    assert not summary.tables[0].is_loud


@pytest.mark.parametrize(("taken_down", "restored", "rate"), [(0, 0, None), (0, 2, None), (8, 2, 0.25)])
def test_the_overturn_rate_needs_takedowns(taken_down: int, restored: int, rate: float | None) -> None:
    assert Moderation(10, taken_down, restored).overturn_rate == rate


# What comes


def test_events_that_start_in_the_next_seven_days_are_told_and_whether_it_is_the_first_time() -> None:
    def on(name: str, *starts: date) -> Event:
        return Event(name, tuple((start, start + timedelta(days=2)) for start in starts))

    first, last = date(2026, 1, 12), date(2026, 1, 18)
    calendar = Calendar(
        events=(
            on("goes on already", SUNDAY),
            on("first", first),
            on("again", date(2025, 7, 1), last),
            on("later", last + timedelta(days=1)),
            Event("yearly", yearly=(MonthDay(1, 15), MonthDay(1, 16)), first_year=2020),
        )
    )
    events, _ = coming(calendar, WEEK)
    assert events == (
        EventDays("first", first, date(2026, 1, 14), is_first=True),
        EventDays("yearly", date(2026, 1, 15), date(2026, 1, 16), is_first=False),
        EventDays("again", last, date(2026, 1, 20), is_first=False),
    )


def test_holidays_of_the_next_seven_days_are_named_and_own_events_are_not_among_them() -> None:
    event = Event("sale", ((date(2026, 1, 14), date(2026, 1, 14)),))
    _, holidays = coming(Calendar(events=(event,)), WEEK)
    assert holidays == ((date(2026, 1, 12), "Coming of Age Day"),)
    assert coming(Calendar(country="none"), WEEK)[1] == ()
    told = summarise(Period.WEEKLY, WEEK, [], records(), NOW, Calendar(events=(event,)))
    assert (len(told.events), told.holidays) == (1, holidays)
