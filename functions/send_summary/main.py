"""Daily and weekly: what was found of KPIs and posts -> one summary worth reading, sent once."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import flask
import functions_framework

from shared import settings
from shared.alerts.summary_message import summary_message
from shared.channels import alert_channel
from shared.errors import ConfigError
from shared.gcp import clients
from shared.gcp.alert_claims import AlertClaims
from shared.gcp.alert_table import AlertTable
from shared.gcp.kpi_config import read_calendar, read_tables
from shared.gcp.object_store import ObjectStore
from shared.gcp.summary_source import SummarySource
from shared.kpi.calendar import Calendar
from shared.kpi.incidents import AlertState
from shared.kpi.summary.request import SummaryRequest
from shared.kpi.summary.summarising import reach, summarise
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.telling import Desk, tell, tell_late

# Sent: done. On its way by another call, or not taken: call again. Refused: somebody must mend the setting.
STATUS = {AlertState.SENT: 200, AlertState.SENDING: 503, AlertState.UNSENT: 503, AlertState.REFUSED: 500}
LATE_DAYS = 7  # how old a summary may be that could not be sent and is made up for
log = logger("send_summary")


@functions_framework.http
def send_summary(request: flask.Request) -> Reply:
    """Send the newest day's summary, or what `{"period": "weekly", "date": "2026-01-11"}` asks for."""
    return replied(log, lambda: _send(request.get_data(), _clock()))


def _send(body: bytes, now: datetime) -> Reply:
    asked = SummaryRequest.from_body(body, now.astimezone(settings.time_zone()).date())
    # gather
    cloud, kpis, alerts = settings.cloud(), settings.kpis(), settings.alerts()
    storage, bigquery = clients.storage_client(cloud), clients.bigquery_client(cloud)
    tables, broken = read_tables(kpis.tables, lambda: storage)
    span = asked.span(tables, now)
    told = AlertTable(bigquery, cloud.dataset)
    claims = AlertClaims(ObjectStore(storage, kpis.state_bucket))
    desk = Desk(alert_channel(alerts), told, claims, _clock, log)
    tried = tell_late("", span.end - timedelta(days=LATE_DAYS), desk)  # those that Slack did not take
    alert = asked.alert(span, alerts.channel, now, told.between(span.end, span.end))
    facts = {"period": asked.period, "start": span.start, "end": span.end, "alert_id": alert.alert_id}
    if alert.alert_id in tried or alert.state is AlertState.SENT:
        already = "already " if alert.alert_id not in tried else ""
        return reply(STATUS[alert.state], {**facts, "state": f"{already}{alert.state}"})
    calendar, problem = _calendar(kpis.calendar, cloud)
    records = SummarySource(bigquery, cloud.dataset).records(span, reach(asked.period, span, tables, now))
    # decide
    misconfigured = [str(error) for error in broken.values()] + problem
    summary = summarise(asked.period, span, tables, records, now, calendar, misconfigured)
    message = summary_message(summary, alerts.language)
    # act
    alert = tell(replace(alert, headline=message.headline), message, desk)
    facts |= {"state": alert.state, "watched": len(tables), "needing": len(summary.needing)}
    facts |= {"broken_files": sorted(broken)}
    log.log(logging.WARNING if broken else logging.INFO, "summary told", extra={"facts": facts})
    return reply(STATUS[alert.state], facts)


def _calendar(location: str, cloud: settings.Cloud) -> tuple[Calendar, list[str]]:
    """The calendar; a broken one is told in the summary, and no reason to keep the figures back."""
    try:
        return read_calendar(location, lambda: clients.storage_client(cloud)), []
    except ConfigError as error:
        return Calendar(), [str(error)]


def _clock() -> datetime:
    return datetime.now(UTC)
