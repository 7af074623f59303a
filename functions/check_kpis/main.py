"""Hourly: one Pub/Sub message per KPI table that is past its `arrives_by` and whose day is not settled."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import functions_framework

from shared import settings
from shared.gcp import clients
from shared.gcp.alert_table import FAR_FUTURE, AlertTable
from shared.gcp.check_table import CheckTable
from shared.gcp.kpi_config import read_tables
from shared.gcp.topics import Topics
from shared.kpi.asking import Asked, CheckRequest
from shared.kpi.due import DAYS_LOOKED_AT, requests_due
from shared.kpi.incidents import PENDING
from shared.logs import logger
from shared.replies import Reply, replied, reply

log = logger("check_kpis")


@functions_framework.http
def check_kpis(request: flask.Request) -> Reply:
    """Have every table checked that is due now, or was at another `now`; or one table, whatever is due."""
    return replied(log, lambda: _ask(Asked.from_body(request.get_data(), datetime.now(UTC))))


def _ask(asked: Asked) -> Reply:
    if asked.request:  # whoever checks the table finds its file
        return _published([asked.request], {})
    # gather
    cloud, kpis, now = settings.cloud(), settings.kpis(), asked.as_of
    first = now.date() - timedelta(days=DAYS_LOOKED_AT)
    bigquery = clients.bigquery_client(cloud)
    with ThreadPoolExecutor() as at_once:
        read = at_once.submit(read_tables, kpis.tables, lambda: clients.storage_client(cloud))
        looked_up = at_once.submit(CheckTable(bigquery, cloud.dataset).latest, first, now.date())
        told = at_once.submit(AlertTable(bigquery, cloud.dataset).between, first, FAR_FUTURE)
    (tables, broken), states = read.result(), looked_up.result()
    unsent = {(alert.table, alert.day) for alert in told.result() if alert.state in PENDING}
    # decide
    today = now.astimezone(settings.time_zone()).date()
    wanted = requests_due(tables, broken, states, unsent, now, today)
    return _published(wanted, {"watched": len(tables), "broken_files": sorted(broken)})


def _published(wanted: list[CheckRequest], seen: dict[str, Any]) -> Reply:
    # act
    cloud, kpis = settings.cloud(), settings.kpis()
    topics = Topics(clients.publisher_client(cloud), cloud.project)
    topics.publish_all(kpis.topic, [each.to_message() for each in wanted])
    facts = {
        "asked": len(wanted),
        "days": sum(len(each.days) for each in wanted),
        "tables": sorted({each.table for each in wanted}),
        **seen,
    }
    is_broken = bool(seen.get("broken_files"))
    log.log(logging.ERROR if is_broken else logging.INFO, "checks asked for", extra={"facts": facts})
    return reply(200, facts)
