"""KPI tables checked on the local cloud, end to end: how many a second, how much memory, where time goes.

Tables of eight columns and two ratios, every 20th with an anomaly on the tested day, are loaded into the
local BigQuery (not timed). Then the real way: check_kpis is called as of the morning after; its messages go
through Pub/Sub's push to instances of check_kpi_table, each a process of its own; results, alerts and charts
end in the local BigQuery and Slack. Between push and instances stands a forwarder that gives each message to
an instance that is free: a push subscription knows one address, and an instance is given one message at a
time, as on Cloud Run unless told otherwise. After that the same handler checks some more tables in this
process, with timers around its parts, and textbook Prophet fits and predicts some of the same series.

Fails when a table is not checked, a KPI is not judged or an anomaly is not told. False alarms are counted.

    .venv/bin/python tests/benchmarks/kpi_tables.py [--tables 200] [--days 1095] [--instances 2]
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from math import expm1
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.local.cloud import EMULATORS, LocalCloud
from infra.local.processes import Processes
from shared.gcp.clients import bigquery_client
from shared.gcp.queries import read_rows
from shared.kpi.tables import TOKYO, KpiTable
from tests.benchmarks.kpi_load.instances import Answer, Instances
from tests.benchmarks.kpi_load.split import PARTS, Stopwatch, time_parts
from tests.benchmarks.kpi_load.tables import KPIS, LAST_DAY, Load
from tests.benchmarks.kpi_load.textbook import textbook_seconds

MORNING = datetime.combine(LAST_DAY + timedelta(days=1), clock(9, 30), TOKYO)
SERVICES = (*EMULATORS, "slack", "check_kpis")
LEAST_PATIENCE_SECONDS, PATIENCE_SECONDS_A_TABLE = 60.0, 10.0
SPLIT_TABLES, TEXTBOOK_SERIES = 20, 5
DETECTION = ("calendar columns", "fit", "predict", "calibrate, judge")
JUDGED = ("normal", "anomaly", "drift")


@dataclass(frozen=True)
class Run:
    """What came of checking all tables through Pub/Sub."""

    begun: float
    asked_seconds: float
    answers: list[Answer]
    """The answers that settled a table, the first of each, in order."""
    refused: list[Answer]
    peak_megabytes: list[float]

    def seconds(self, share: float = 1.0) -> float:
        """Until that share of the tables was settled."""
        return self.answers[max(1, round(share * len(self.answers))) - 1].at - self.begun


@dataclass(frozen=True)
class Outcome:
    """What is stored of the run."""

    states: Counter[str]
    statuses: Counter[str]
    errors: list[str]
    told: set[str]


def main() -> int:
    """Prints the figures; 1 when something did not come out as it must."""
    wanted = arguments()
    load = Load("shop", wanted.tables, wanted.days)
    timed = Load("timed", min(wanted.tables, SPLIT_TABLES), wanted.days)
    console = Console(highlight=False, width=110)
    with (
        tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder,
        Progress(
            TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True,
        ) as progress,
    ):  # fmt: skip
        configurations = Path(folder) / "tables"
        load.configure(configurations)
        overrides = {"SEKISHO_KPI_TABLES": str(configurations)}
        with (
            LocalCloud(Path(folder) / "cloud", only=SERVICES, overrides=overrides) as cloud,
            Processes(Path(folder) / "logs") as processes,
        ):
            counted = progress.add_task("load tables", total=load.count)
            begun = time.perf_counter()
            load.fill(bigquery_client(cloud.settings), lambda: progress.advance(counted))
            loading = time.perf_counter() - begun
            console.print(
                f"loaded {load.count} tables in {loading:.0f} s, no part of what follows; "
                f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}\n"
            )
            with Instances(cloud, processes, wanted.instances) as instances:
                run = check_all(cloud, processes, instances, load, progress)
            console.print(run_table(run, load, wanted.instances))
            for name in instances.names:
                processes.stop(name)
            outcome = read_outcome(cloud)
            counted = progress.add_task("time the parts of a check", total=timed.count + 1)
            stopwatch = time_parts(cloud, timed, Path(folder), lambda: progress.advance(counted))
            console.print(split_table(stopwatch, timed.count))
        progress.add_task("textbook Prophet", total=None)
        textbook = textbook_seconds(
            [timed.table(name) for name in timed.names[:TEXTBOOK_SERIES]], "impressions"
        )
    print_comparison(console, stopwatch, timed.count, textbook)
    print_projection(console, run, stopwatch, timed.count, wanted.instances)
    return judge(console, run, outcome, load)


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description="Checks KPI tables on the local cloud and prints how fast.")
    parser.add_argument("--tables", type=int, default=200, help="how many tables of 10 KPIs (200)")
    parser.add_argument("--days", type=int, default=1095, help="days of history of each (1095)")
    parser.add_argument("--instances", type=int, default=2, help="processes of check_kpi_table (2)")
    found = parser.parse_args()
    for name, least in (("tables", 1), ("days", 90), ("instances", 1)):
        if getattr(found, name) < least:
            parser.error(f"--{name}: expected {least} or more, came {getattr(found, name)}")
    return found


def check_all(
    cloud: LocalCloud, processes: Processes, instances: Instances, load: Load, progress: Progress
) -> Run:
    """Has check_kpis ask for every table, and waits until an instance answered for each."""
    counted = progress.add_task("check tables", total=load.count)
    patience = LEAST_PATIENCE_SECONDS + PATIENCE_SECONDS_A_TABLE * load.count
    begun = time.perf_counter()
    asked = cloud.post("check_kpis", {"now": MORNING.isoformat()})
    asked_seconds = time.perf_counter() - begun
    if asked.status_code != 200 or asked.json()["asked"] != load.count:
        raise SystemExit(f"check_kpis: expected to ask for {load.count} tables, came {asked.text[:500]}")
    settled: dict[str, Answer] = {}
    while len(settled) < load.count:
        cloud.check_alive()
        processes.check_alive()
        for answer in list(instances.answers):
            if answer.status < 300:
                settled.setdefault(answer.table, answer)
        progress.update(counted, completed=len(settled))
        if time.perf_counter() - begun > patience:
            raise SystemExit(f"expected {load.count} tables settled in {patience:.0f} s, came {len(settled)}")
        time.sleep(0.05)
    refused = [answer for answer in instances.answers if answer.status >= 300]
    return Run(begun, asked_seconds, list(settled.values()), refused, instances.peak_megabytes())


def read_outcome(cloud: LocalCloud) -> Outcome:
    """What the tables of Sekisho hold of the day."""
    client, dataset = bigquery_client(cloud.settings), cloud.settings.dataset

    def found(sql: str) -> Iterable[Any]:
        return read_rows(client, dataset, sql, day=LAST_DAY)

    checks = list(found("SELECT table_name, state, error FROM table_checks_latest WHERE day = @day"))
    results = list(found("SELECT table_name, kpi, status, note FROM kpi_results_latest WHERE day = @day"))
    told = found("SELECT table_name FROM alerts_latest WHERE day = @day AND state = 'sent'")
    return Outcome(
        Counter(row["state"] for row in checks),
        Counter(row["status"] for row in results),
        [f"{row['table_name']}: {row['error']}" for row in checks if row["error"]]
        + [
            f"{row['table_name']} {row['kpi']}: {row['note']}"
            for row in results
            if row["status"] not in JUDGED
        ],
        {row["table_name"] for row in told},
    )


def run_table(run: Run, load: Load, instances: int) -> Table:
    """The figures of the whole way."""
    seconds, peaks = run.seconds(), run.peak_megabytes
    rows = {
        f"{load.count} tables × {KPIS} KPIs × {load.days:,} days": f"{seconds:.1f} s",
        "of that until check_kpis had asked for all": f"{run.asked_seconds:.1f} s",
        "tables a second": f"{load.count / seconds:.2f}",
        "KPIs a second": f"{load.count * KPIS / seconds:.1f}",
        "tables a second after 25 / 50 / 75 / 100 %": " / ".join(
            f"{max(1, round(share * load.count)) / run.seconds(share):.2f}"
            for share in (0.25, 0.5, 0.75, 1.0)
        ),
        "peak memory of an instance": " / ".join(f"{peak:.0f}" for peak in peaks) + " MB",
        "messages brought again": str(len(run.refused)),
    }
    table = Table(
        "check_kpis → Pub/Sub → check_kpi_table → BigQuery, Slack", "",
        title=f"End to end, {instances} instances of check_kpi_table", title_justify="left",
    )  # fmt: skip
    table.columns[1].justify = "right"
    for what, figure in rows.items():
        table.add_row(what, figure)
    return table


def split_table(stopwatch: Stopwatch, tables: int) -> Table:
    """Where the time of a check goes. The parts are all there is: they sum to the total."""
    table = Table(title=f"One instance alone, {tables} tables one after the other", title_justify="left")
    table.add_column("part")
    for head in ("times", "seconds", "share", "ms a table", "ms a KPI", "ms each", "waiting"):
        table.add_column(head, justify="right")
    total, waiting = sum(stopwatch.seconds.values()), sum(stopwatch.waiting.values())

    def add(part: str, seconds: float, times: int, waited: float) -> None:
        table.add_row(
            part, f"{times:,}", f"{seconds:.2f}", f"{seconds / total:.1%}", f"{seconds / tables * 1000:.1f}",
            f"{seconds / tables / KPIS * 1000:.2f}", f"{seconds / times * 1000:.2f}" if times else "",
            f"{waited / seconds:.0%}" if waited else "",
        )  # fmt: skip

    for part in PARTS:
        add(part, stopwatch.seconds[part], stopwatch.calls[part], stopwatch.waiting[part])
    table.add_section()
    add("total", total, tables, waiting)
    return table


def print_comparison(console: Console, stopwatch: Stopwatch, tables: int, textbook: list[float]) -> None:
    """A KPI's check beside the textbook's fit and predict."""
    peer, kpis = median(textbook), tables * KPIS
    whole = sum(stopwatch.seconds.values()) / kpis
    detection = sum(stopwatch.seconds[part] for part in DETECTION) / kpis
    console.print(
        f"textbook Prophet, fit + predict of one KPI's day: {peer * 1000:.0f} ms "
        f"(median of {len(textbook)} series)\n"
        f"whole check of one KPI: {whole * 1000:.0f} ms, {whole / peer:.2f} of that; "
        f"its detection alone: {detection * 1000:.0f} ms, {detection / peer:.2f} of that"
    )


def print_projection(console: Console, run: Run, stopwatch: Stopwatch, tables: int, instances: int) -> None:
    """What an instance does in an hour."""
    measured = len(run.answers) / run.seconds() / instances * 3600
    own = stopwatch.processor_seconds / tables
    console.print(
        f"an hour of one instance: {measured:,.0f} tables as measured here, all servers on the same cores; "
        f"{3600 / own:,.0f} by its own {own * 1000:.0f} ms of processor a table"
    )


def judge(console: Console, run: Run, outcome: Outcome, load: Load) -> int:
    """Says what came of it; 1 when that is not as it must be."""
    count, planted = load.count, load.planted
    others = outcome.told - planted
    alarms = KPIS * KpiTable("").sensitivity / 365
    console.print(
        f"alerts sent: {len(outcome.told)}; {len(planted & outcome.told)} of {len(planted)} put in, "
        f"{len(others)} false (at {KpiTable('').sensitivity:g} alarms per KPI and year "
        f"{count * -expm1(-alarms):.0f} tables a day are expected to have some)"
    )
    problems = [f"{len(run.refused)} messages were not taken at once"] if run.refused else []
    if outcome.states != Counter(checked=count):
        problems.append(f"expected {count} tables checked, came {dict(outcome.states)}")
    if sum(outcome.statuses[status] for status in JUDGED) != count * KPIS:
        problems.append(f"expected {count * KPIS} KPIs judged, came {dict(outcome.statuses)}")
    if silent := sorted(planted - outcome.told):
        problems.append(f"expected an alert of {', '.join(silent)}, came none")
    console.print(f"checks failed: {count - outcome.states['checked']}")
    for problem in problems + outcome.errors[:5]:
        console.print(f"kpi_tables: {problem}", soft_wrap=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
