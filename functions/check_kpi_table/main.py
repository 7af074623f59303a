"""Pub/Sub: one KPI table's day: arrived? anomalous? -> results -> at most one alert."""

import base64
import logging
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from shared import settings
from shared.alerts.calendar_marks import calendar_marks
from shared.alerts.table_alert import IncidentView, alert_message
from shared.channels import alert_channel
from shared.errors import BadEvent, ConfigError, StorageUnavailable, TableMissing
from shared.gcp import clients
from shared.gcp.alert_claims import AlertClaims
from shared.gcp.alert_table import LONGEST_INCIDENT_DAYS, AlertTable
from shared.gcp.check_table import CheckTable
from shared.gcp.kpi_config import find_table, read_calendar
from shared.gcp.kpi_series import read_history, read_shape
from shared.gcp.object_store import ObjectStore
from shared.gcp.response_table import ResponseTable
from shared.gcp.result_table import ResultTable
from shared.kpi.asking import CheckRequest
from shared.kpi.calendar import Calendar
from shared.kpi.checking import Known, check_missing_table, check_table, failed, watch
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.history import Shape
from shared.kpi.incidents import decide
from shared.kpi.results import check_id_of
from shared.kpi.tables import KpiTable
from shared.logs import logger
from shared.telling import Desk, tell, tell_late

log = logger("check_kpi_table")
_bigquery = cache(lambda: clients.bigquery_client(settings.cloud()))
_storage = cache(lambda: clients.storage_client(settings.cloud()))


@functions_framework.cloud_event
def check_kpi_table(event: CloudEvent) -> None:
    """Check the table of one message. An error has Pub/Sub bring it again: every step may be repeated."""
    now = _clock()
    try:
        data = base64.b64decode(event.data["message"].get("data", ""), validate=True)
        request = CheckRequest.from_message(data, now.date() + timedelta(days=1))
    except (BadEvent, ValueError, KeyError, TypeError) as error:
        log.error("a request can never be read", extra={"facts": {"error": str(error)}})
        return
    table, calendar, problem = KpiTable(request.table), Calendar(), ""
    try:
        kpis = settings.kpis()
        table = find_table(request.table, request.config or kpis.tables, _storage)
        calendar = _calendar(kpis.calendar)
    except ConfigError as error:
        problem = str(error)
    for day in request.days or (table.newest_due_day(now),):
        begun = time.monotonic()
        check = failed(request.table, day, now, problem) if problem else _check(request, table, calendar, day)
        _record_and_tell(check, table, calendar, begun)


def _calendar(location: str) -> Calendar:
    """The calendar. A broken one is told by the summary, once, and keeps no table from being checked."""
    try:
        return read_calendar(location, _storage)
    except ConfigError as error:
        log.error("checked without own events", extra={"facts": {"error": str(error)}})
        return Calendar()


def _check(request: CheckRequest, table: KpiTable, calendar: Calendar, day: date) -> TableCheck:
    now = _clock()
    if request.table == request.config:  # a file that could not be read, and can be by now
        return TableCheck(request.table, day, CheckState.CHECKED, now)
    try:
        return _look(table, calendar, day, now)
    except StorageUnavailable:
        raise
    except Exception as error:  # a table that can't be checked is told of, like one that is broken
        log.exception("table not checked", extra={"facts": {"table": request.table, "day": day}})
        return failed(request.table, day, now, f"{type(error).__name__}: {error}")


def _record_and_tell(check: TableCheck, table: KpiTable, calendar: Calendar, begun: float) -> None:
    checked = time.monotonic()
    check_id = check_id_of(check)
    dataset = settings.cloud().dataset
    ResultTable(_bigquery(), dataset).append(check, check_id)
    CheckTable(_bigquery(), dataset).append(check, check_id, checked - begun)
    told = _tell(check, table, calendar)
    facts = {
        "table": check.table, "day": check.day, "state": check.state, "rows": check.rows,
        "kpis": len(check.judgements), "alarming": [each.name for each in check.alarming], "told": told,
        "check_seconds": round(checked - begun, 3), "tell_seconds": round(time.monotonic() - checked, 3),
    }  # fmt: skip
    log.log(
        logging.ERROR if check.state is CheckState.FAILED else logging.INFO,
        "table checked", extra={"facts": facts},
    )  # fmt: skip


def _look(table: KpiTable, calendar: Calendar, day: date, now: datetime) -> TableCheck:
    # gather
    dataset = settings.cloud().dataset
    first = day - timedelta(days=table.history_days)
    checks, responses = CheckTable(_bigquery(), dataset), ResponseTable(_bigquery(), dataset)
    previous = checks.previous_shape(table.table, day)
    try:
        columns, partition = read_shape(_bigquery(), table.table)
    except TableMissing:
        return check_missing_table(table, day, now)
    watched = watch(table, columns, partition, previous)
    shape = Shape(columns, watched.date_column)
    most = settings.largest_query_gb() * 10**9
    history = read_history(
        _bigquery(), table, watched, shape, day, partition=partition, maximum_bytes_billed=most
    )
    broken = checks.broken_days(table.table, first, day)
    confirmed = responses.confirmed_days(table.table, first, day)
    # decide
    return check_table(
        table, watched, history, Known(calendar, previous, broken - {day}, confirmed), day, now
    )


def _tell(check: TableCheck, table: KpiTable, calendar: Calendar) -> str:
    """Send what is still unsent of the table, then what this check is worth. Says how far that got."""
    wish, now = settings.alerts(), _clock()
    alerts = AlertTable(_bigquery(), settings.cloud().dataset)
    claims = AlertClaims(ObjectStore(_storage(), settings.kpis().state_bucket))
    desk = Desk(alert_channel(wish), alerts, claims, _clock, log)
    since = min(check.day, now.date()) - timedelta(days=LONGEST_INCIDENT_DAYS)
    tried = tell_late(check.table, since, desk)
    decision = decide(check, alerts.recent(check.table, since))
    if decision is None:
        return "nothing"
    if decision.alert_id in tried:
        return "late"
    view = IncidentView(decision.kind, decision.incident, decision.day_number, decision.recovered_subjects)
    marks = calendar_marks(calendar, check.day, table.events)
    message = alert_message(check, table, view, wish.language, marks=marks)
    alert = decision.as_alert(message.headline, table.channel or wish.channel, now)
    return tell(alert, message, desk, aloud=decision.aloud).state.value


def _clock() -> datetime:
    return datetime.now(UTC)
