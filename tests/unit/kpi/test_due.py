"""Which tables' days are due: past their hour, not settled, not told; and how far back."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.kpi.asking import CheckRequest
from shared.kpi.checks import CheckState
from shared.kpi.due import LOOKED_AT_AGAIN_DAYS, DayState, due_checks, requests_due
from shared.kpi.tables import KpiTable

TOKYO = ZoneInfo("Asia/Tokyo")
NINE = datetime(2026, 11, 22, 9, 0, tzinfo=TOKYO)
YESTERDAY = date(2026, 11, 21)
SLOTS, COSTS = KpiTable("recsys.slots"), KpiTable("billing.costs", arrives_by=time(12), arrives_after_days=2)


def ago(days: int) -> date:
    """So many days before the newest due day."""
    return YESTERDAY - timedelta(days=days)


def a_state(state: CheckState, checked_at: datetime = NINE - timedelta(hours=1)) -> DayState:
    return DayState(state, checked_at)


def due_of_slots(
    states: dict[int, DayState], now: datetime = NINE, unsent: tuple[int, ...] = ()
) -> list[date]:
    """The due days of one table, its states and unsent alerts given by days before the newest due day."""
    known = {(SLOTS.table, ago(days)): state for days, state in states.items()}
    due = due_checks([SLOTS], known, {(SLOTS.table, ago(days)) for days in unsent}, now)
    assert {table for table, _ in due} <= {SLOTS.table}
    return [day for _, day in due]


CHECKED, WAITING = a_state(CheckState.CHECKED), a_state(CheckState.WAITING)


def test_a_day_is_due_from_its_hour_on() -> None:
    assert due_of_slots({1: CHECKED}, NINE - timedelta(seconds=1)) == []
    assert due_of_slots({1: CHECKED}, NINE) == [ago(0)]
    assert due_of_slots({0: CHECKED}, NINE) == []


def test_a_new_table_starts_with_its_newest_due_day_only() -> None:
    assert due_of_slots({}) == [ago(0)]
    assert due_checks([], {}, (), NINE) == []
    assert due_checks([SLOTS], {("other.table", ago(5)): CHECKED}, (), NINE) == [(SLOTS.table, ago(0))]
    assert due_of_slots({0: CHECKED}) == []  # the days before it were checked first belong to nobody


def test_after_an_outage_the_last_days_are_caught_up_with_the_oldest_first() -> None:
    assert due_of_slots({10: CHECKED}) == [ago(2), ago(1), ago(0)]
    assert due_of_slots({10: CHECKED, 1: CHECKED}) == [ago(2), ago(0)]
    known = {(SLOTS.table, ago(10)): CHECKED}
    assert due_checks([SLOTS], known, (), NINE, days_back=1) == [(SLOTS.table, ago(0))]


def test_days_come_before_tables_and_each_table_has_its_own_hour() -> None:
    states = {(table.table, ago(9)): CHECKED for table in (SLOTS, COSTS)}
    noon = NINE + timedelta(hours=3)
    assert due_checks([SLOTS, COSTS], states, (), noon, days_back=2) == [
        (COSTS.table, ago(2)),
        (COSTS.table, ago(1)),
        (SLOTS.table, ago(1)),
        (SLOTS.table, ago(0)),
    ]
    before_noon = due_checks([COSTS], states, (), noon - timedelta(seconds=1), days_back=1)
    assert before_noon == [(COSTS.table, ago(2))]


@pytest.mark.parametrize("state", [CheckState.WAITING, CheckState.MISSING, CheckState.BROKEN])
def test_what_is_not_whole_is_looked_at_again_for_a_week(state: CheckState) -> None:
    settled = dict.fromkeys(range(9), CHECKED)
    just_now = a_state(state, NINE - timedelta(minutes=1))
    assert due_of_slots(settled | {LOOKED_AT_AGAIN_DAYS - 1: just_now, 3: just_now}) == [ago(6), ago(3)]
    assert due_of_slots(settled | {LOOKED_AT_AGAIN_DAYS: just_now}) == []


def test_a_failed_check_is_tried_again_by_every_hourly_run() -> None:
    def failed(checked_at: datetime) -> dict[int, DayState]:
        return {0: a_state(CheckState.FAILED, checked_at)}

    assert due_of_slots(failed(NINE - timedelta(minutes=54))) == []
    assert due_of_slots(failed(NINE - timedelta(minutes=59, seconds=50))) == [ago(0)]
    assert due_of_slots(failed(NINE + timedelta(minutes=5))) == []
    assert due_of_slots(failed(NINE + timedelta(days=2))) == [ago(0)]  # checked by a clock that is wrong


def test_a_day_whose_alert_is_not_out_is_due_though_it_is_settled() -> None:
    assert due_of_slots({0: CHECKED, 1: CHECKED}, unsent=(1,)) == [ago(1)]
    assert due_of_slots({0: CHECKED}, unsent=(8, 0)) == [ago(8), ago(0)]
    of_another = {("other.table", ago(0))}
    assert due_checks([SLOTS], {(SLOTS.table, ago(0)): CHECKED}, of_another, NINE) == []


def test_a_day_that_is_not_over_is_never_due() -> None:
    states = {0: CHECKED, -1: a_state(CheckState.FAILED, NINE - timedelta(days=1))}
    assert due_of_slots(states, unsent=(-1,)) == []


def test_a_tables_due_days_are_asked_for_together_and_what_takes_long_goes_first() -> None:
    wide = KpiTable("recsys.modules", segments=("mall", "gender"), where="modules.yaml")
    slots = KpiTable(SLOTS.table, where="slots.yaml")
    states = {(SLOTS.table, ago(9)): CHECKED, (wide.table, ago(9)): CHECKED}
    found = requests_due([slots, wide], [], states, [], NINE, NINE.date())
    days = (ago(2), ago(1), ago(0))
    assert found == [
        CheckRequest(wide.table, days, "modules.yaml"),
        CheckRequest(slots.table, days, "slots.yaml"),
    ]
    assert requests_due([], [], {}, [], NINE, NINE.date()) == []


def test_a_file_is_asked_for_while_it_can_not_be_read_and_once_when_it_can_again() -> None:
    slots = KpiTable(SLOTS.table, where="slots.yaml")
    settled = {(SLOTS.table, ago(0)): CHECKED}
    broken = requests_due([slots], ["wrong.yaml"], settled, [], NINE, NINE.date())
    assert broken == [CheckRequest("wrong.yaml", (YESTERDAY,), "wrong.yaml")]
    failed = settled | {("slots.yaml", ago(1)): a_state(CheckState.FAILED)}
    assert requests_due([slots], [], failed, [], NINE, NINE.date()) == [
        CheckRequest("slots.yaml", (ago(1),), "slots.yaml")
    ]
    over = settled | {("slots.yaml", ago(1)): CHECKED}
    assert requests_due([slots], [], over, [], NINE, NINE.date()) == []
