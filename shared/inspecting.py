"""Inspecting: one table's day, from everything known of it to a check that is recorded."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

from shared import settings
from shared.errors import TableMissing
from shared.gcp.check_table import SHAPES_DAYS, CheckTable
from shared.gcp.clients import BigQuery
from shared.gcp.kpi_series import read_history, read_shape
from shared.gcp.response_table import ResponseTable
from shared.gcp.result_table import ResultTable
from shared.kpi.calendar import Calendar
from shared.kpi.checking import Known, check_missing_table, check_table, watch
from shared.kpi.checks import TableCheck
from shared.kpi.history import Shape
from shared.kpi.kept import Kept, KpiKey
from shared.kpi.responses import accepted, confirmed
from shared.kpi.results import check_id_of
from shared.kpi.shapes import shape_to_compare
from shared.kpi.tables import KpiTable

NOTHING_KEPT: Mapping[KpiKey, Kept] = {}


def inspect(
    table: KpiTable,
    calendar: Calendar,
    day: date,
    now: datetime,
    client: BigQuery,
    *,
    keeps_past: bool,
    forecasts: Mapping[KpiKey, Kept] = NOTHING_KEPT,
) -> TableCheck:
    """Look at `day` of `table` as of `now`, by its rows and by what was found and answered before.

    With `keeps_past` the check carries what is to be kept of days nobody checked; `forecasts` are those an
    earlier check left. Raises StorageUnavailable,
    and ConfigError where the configuration does not fit the table.
    """
    # gather
    dataset, first = settings.cloud().dataset, day - timedelta(days=table.history_days)
    near = timedelta(days=SHAPES_DAYS)
    with ThreadPoolExecutor() as at_once:
        asked_shape = at_once.submit(read_shape, client, table.table)
        asked_checks = at_once.submit(CheckTable(client, dataset).earlier, table.table, first, day)
        asked_responses = at_once.submit(
            ResponseTable(client, dataset).responses, table.table, min(first, day - near), day + near
        )
        earlier, responses = asked_checks.result(), asked_responses.result()
        try:
            columns, partition = asked_shape.result()
        except TableMissing:
            return check_missing_table(table, day, now)
    previous = shape_to_compare(earlier.shapes, responses, day) if earlier.shapes else None
    watched = watch(table, columns, partition, previous)
    shape = Shape(columns, watched.date_column)
    most = settings.largest_query_gb() * 10**9
    history = read_history(client, table, watched, shape, day, partition=partition, maximum_bytes_billed=most)
    # decide
    known = Known(
        calendar=calendar,
        previous=previous,
        broken_days=earlier.broken_days - {day},
        confirmed_days=confirmed(responses, first, day),
        accepted_days=accepted(responses, first, day),
        earlier=earlier if keeps_past else None,
        forecasts=forecasts,
        optimiser=settings.optimiser(),
    )
    return check_table(table, watched, history, known, day, now)


def record(check: TableCheck, seconds: float, client: BigQuery, log: logging.Logger) -> None:
    """Store the results, then the check: a day that stands as checked has results.

    Raises StorageUnavailable.
    """
    dataset, check_id = settings.cloud().dataset, check_id_of(check)
    results = ResultTable(client, dataset)
    results.append(check, check_id)
    try:
        results.keep_past(check, check_id)
    except Exception:  # such as a day's quota: the next check tries again, and this one is worth more
        log.exception("past not kept", extra={"facts": {"table": check.table, "day": check.day}})
        check = replace(check, kept={})
    CheckTable(client, dataset).append(check, check_id, seconds)
