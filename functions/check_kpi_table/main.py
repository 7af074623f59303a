"""Pub/Sub: one KPI table's day: arrived? anomalous? -> results -> at most one alert."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from shared import settings
from shared.alerts.calendar_marks import calendar_marks
from shared.alerts.table_alert import IncidentView, alert_message
from shared.channels import alert_channel
from shared.errors import BadEvent, ConfigError, StorageUnavailable
from shared.gcp import clients
from shared.gcp.alert_claims import AlertClaims
from shared.gcp.alert_table import LONGEST_INCIDENT_DAYS, AlertTable
from shared.gcp.kept_forecasts import KeptForecasts
from shared.gcp.kpi_config import find_table, read_calendar
from shared.gcp.object_store import ObjectStore
from shared.inspecting import inspect, record
from shared.kpi.asking import CheckRequest
from shared.kpi.calendar import Calendar
from shared.kpi.checking import failed
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.deciding import decide
from shared.kpi.incidents import PENDING, Alert
from shared.kpi.tables import KpiTable
from shared.logs import logger
from shared.pushes import pushed
from shared.telling import Desk, tell, tell_late

log = logger("check_kpi_table")
_bigquery = cache(lambda: clients.bigquery_client(settings.cloud()))
_storage = cache(lambda: clients.storage_client(settings.cloud()))


@functions_framework.cloud_event
def check_kpi_table(event: CloudEvent) -> None:
    """Check the table of one message. An error has Pub/Sub bring it again: every step may be repeated."""
    now = _clock()
    with pushed(event) as push:
        try:
            request = CheckRequest.from_message(push.data(), now.date() + timedelta(days=1))
        except BadEvent as error:
            log.error("a request can never be read", extra={"facts": {"error": str(error)}})
            return
        _check_days(request, now)


def _check_days(request: CheckRequest, now: datetime) -> None:
    table, calendar, problem = KpiTable(request.table), Calendar(), ""
    try:
        kpis = settings.kpis()
        table = find_table(request.table, request.config or kpis.tables, _storage)
        calendar = _calendar(kpis.calendar)
    except ConfigError as error:
        problem = str(error)
    days = request.days or (table.newest_due_day(now),)
    kept = None if problem else KeptForecasts(_objects(), request.table, log)
    for day in days:
        begun = time.monotonic()
        if kept is None:
            check = failed(request.table, day, now, problem)
        else:
            check = _check(request, table, calendar, day, kept, keeps_past=day == days[-1])
        _record_and_tell(check, table, calendar, begun)
        if kept is not None:
            kept.write(day, check.forecasts)


def _calendar(location: str) -> Calendar:
    """The calendar. A broken one is told by the summary, once, and keeps no table from being checked."""
    try:
        return read_calendar(location, _storage)
    except ConfigError as error:
        log.error("checked without own events", extra={"facts": {"error": str(error)}})
        return Calendar()


def _check(
    request: CheckRequest,
    table: KpiTable,
    calendar: Calendar,
    day: date,
    kept: KeptForecasts,
    *,
    keeps_past: bool,
) -> TableCheck:
    now = _clock()
    if request.table == request.config:  # a file that could not be read, and can be by now
        return TableCheck(request.table, day, CheckState.CHECKED, now)
    try:
        forecasts = kept.read()
        return inspect(table, calendar, day, now, _bigquery(), keeps_past=keeps_past, forecasts=forecasts)
    except StorageUnavailable:
        raise
    except Exception as error:  # a table that can't be checked is told of, like one that is broken
        log.exception("table not checked", extra={"facts": {"table": request.table, "day": day}})
        return failed(request.table, day, now, f"{type(error).__name__}: {error}")


def _record_and_tell(check: TableCheck, table: KpiTable, calendar: Calendar, begun: float) -> None:
    checked = time.monotonic()
    with ThreadPoolExecutor() as at_once:
        asked = at_once.submit(_told_before, check)
        record(check, checked - begun, _bigquery(), log)
        past = asked.result()
    told = _tell(check, table, calendar, past)
    facts = {
        "table": check.table, "day": check.day, "state": check.state, "rows": check.rows,
        "kpis": len(check.judgements), "alarming": [each.name for each in check.alarming], "told": told,
        "past": len(check.past), "check_seconds": round(checked - begun, 3),
        "tell_seconds": round(time.monotonic() - checked, 3),
    }  # fmt: skip
    log.log(
        logging.ERROR if check.state is CheckState.FAILED else logging.INFO,
        "table checked", extra={"facts": facts},
    )  # fmt: skip


def _told_before(check: TableCheck) -> list[Alert]:
    return AlertTable(_bigquery(), settings.cloud().dataset).recent(check.table, _since(check))


def _since(check: TableCheck) -> date:
    return min(check.day, _clock().date()) - timedelta(days=LONGEST_INCIDENT_DAYS)


def _tell(check: TableCheck, table: KpiTable, calendar: Calendar, past: list[Alert]) -> str:
    """Send what is still unsent of the table, then what this check is worth. Says how far that got."""
    wish, now = settings.alerts(), _clock()
    alerts = AlertTable(_bigquery(), settings.cloud().dataset)
    claims = AlertClaims(_objects())
    desk = Desk(alert_channel(wish), alerts, claims, _clock, log)
    tried: frozenset[str] = frozenset()
    if any(alert.state in PENDING for alert in past):
        tried = tell_late(check.table, _since(check), desk)
        past = alerts.recent(check.table, _since(check))
    decision = decide(check, past)
    if decision is None:
        return "nothing"
    if decision.alert_id in tried:
        return "late"
    marks = calendar_marks(calendar, check.day, table.events)
    message = alert_message(check, table, IncidentView.of(decision), wish.language, marks=marks)
    alert = decision.as_alert(message.headline, table.channel or wish.channel, now)
    return tell(alert, message, desk, aloud=decision.aloud).state.value


def _objects() -> ObjectStore:
    return ObjectStore(_storage(), settings.kpis().state_bucket)


def _clock() -> datetime:
    return datetime.now(UTC)
