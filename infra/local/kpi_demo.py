"""The demo's other half: two years of KPI tables, the incidents of the talk, and what is said of each."""

import json
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.demo import DemoFailed
from infra.local.emulators import ROOT
from infra.local.sample.kpis.rows import SampleTable
from infra.local.sample.kpis.scenarios import DAY_BEFORE, SCENARIOS, Told, told_of, with_incidents
from infra.local.sample.kpis.seasons import ANCHOR_DAY
from infra.local.sample.kpis.tables import sample_tables
from infra.local.sample_tables import load_sample_tables, rebuild_table
from shared.gcp.alert_table import AlertTable
from shared.gcp.clients import bigquery_client
from shared.gcp.kpi_config import read_tables
from shared.gcp.queries import read_rows
from shared.kpi.tables import TOKYO, KpiTable

SHIPPED = ROOT / "infra/kpi_tables"
MORNING = timedelta(hours=9, minutes=30)
PATIENCE_SECONDS = 180
DIRECTIONS = """
SELECT table_name, day, IF(segment = '', kpi, FORMAT('%s (%s)', kpi, segment)) AS name, direction
FROM kpi_results_latest
WHERE day BETWEEN @first AND @last AND status IN ('anomaly', 'drift')
"""


def sample_files(folder: Path) -> Path:
    """The shipped files of the sample's tables, copied to `folder`, which is made anew.

    The others watch tables of now, of which the sample's past knows nothing.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for table in read_tables(str(SHIPPED), None)[0]:
        if table.table in sample_tables():
            shutil.copy(table.where, folder)
    return folder


class KpiDemo:
    """One run over `cloud`, whose SEKISHO_KPI_TABLES are `sample_files`."""

    def __init__(self, cloud: LocalCloud, tables: Mapping[str, SampleTable] | None = None) -> None:
        self.cloud = cloud
        self._client = bigquery_client(cloud.settings)
        self._tables = with_incidents(tables or sample_tables())
        self._log = _CheckLog(cloud.root / "logs/check_kpi_table.log")

    def load(self) -> Mapping[str, int]:
        """Two years of every sample table into BigQuery; rows by table."""
        return load_sample_tables(self._client, self._tables)

    def replay(self) -> int:
        """Check the days that went before, one after the other; how many.

        As a person asks for a table's past days: whatever is due, and with nothing later to be seen.
        """
        wanted: dict[str, set[date]] = {}
        for scenario in SCENARIOS:
            wanted.setdefault(scenario.table, set()).update(day for day in scenario.days if day < DAY_BEFORE)
        for table, table_days in sorted(wanted.items(), key=self._work, reverse=True):
            if table_days:
                self._ask({"table": table, "dates": [day.isoformat() for day in sorted(table_days)]})
        asked = {(table, day) for table, table_days in wanted.items() for day in table_days}
        self._await(asked)
        return len(asked)

    def check(self, day: date) -> Collection[str]:
        """The hourly run on the morning after `day`: every table that is due. The tables it asked for."""
        moment = datetime.combine(day + timedelta(days=1), datetime.min.time(), TOKYO) + MORNING
        asked = self._ask({"now": moment.isoformat()})
        tables = {table.table: table for table in self._configured()}
        self._await({(name, tables[name].newest_due_day(moment.astimezone(UTC))) for name in asked["tables"]})
        return list(asked["tables"])

    def change_shapes(self) -> list[str]:
        """Build the tables anew whose columns change on the newest day; their names."""
        changing = [scenario for scenario in SCENARIOS if scenario.changes_shape]
        for scenario in changing:
            rebuild_table(self._client, scenario.apply(self._tables[scenario.table]))
        return [scenario.table for scenario in changing]

    def summarize(self) -> Mapping[str, Any]:
        """The summary of the week that ended on Sunday."""
        response = self.cloud.post("send_summary", {"period": "weekly", "date": DAY_BEFORE.isoformat()})
        if response.status_code != 200:
            raise DemoFailed(
                f"send_summary: expected HTTP 200, came {response.status_code}: {response.text[:500]}"
            )
        return dict(response.json())

    def told(self) -> list[Told]:
        """What Slack was told about each scenario, and whether that is what had to be said."""
        first = min(day for scenario in SCENARIOS for day in scenario.days)
        dataset = self.cloud.settings.dataset
        alerts = AlertTable(self._client, dataset).between(first, ANCHOR_DAY)
        found = read_rows(self._client, dataset, DIRECTIONS, first=first, last=ANCHOR_DAY)
        directions = {(row["table_name"], row["day"], row["name"]): row["direction"] for row in found}
        return [told_of(scenario, alerts, directions) for scenario in SCENARIOS]

    def _work(self, wanted: tuple[str, Collection[date]]) -> int:
        """How long checking these days of a table takes: what takes longest must not begin last."""
        table, days = wanted
        return len(self._tables[table].rows) * len(days)

    def _configured(self) -> list[KpiTable]:
        tables, broken = read_tables(self.cloud.environment["SEKISHO_KPI_TABLES"], None)
        if broken:
            raise DemoFailed(f"configuration: expected none broken, came {', '.join(sorted(broken))}")
        return tables

    def _ask(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        response = self.cloud.post("check_kpis", said)
        if response.status_code != 200:
            raise DemoFailed(
                f"check_kpis: expected HTTP 200, came {response.status_code}: {response.text[:500]}"
            )
        return dict(response.json())

    def _await(self, wanted: set[tuple[str, date]]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        waiting = set(wanted)
        while waiting:
            self.cloud.check_alive()
            ended = set(self._log.new())
            waiting -= ended
            if ended:  # a slow machine is no failure
                end = time.monotonic() + PATIENCE_SECONDS
            if waiting and time.monotonic() > end:
                name, day = min(waiting)
                raise DemoFailed(
                    f"expected {len(waiting)} more checks, such as of {name} on {day}, came none within "
                    f"{PATIENCE_SECONDS} s; see {self.cloud.root / 'logs'}"
                )
            time.sleep(0.05)


class _CheckLog:
    """Which checks have ended, as the function's own log tells, a line each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = path.stat().st_size if path.exists() else 0

    def new(self) -> Iterator[tuple[str, date]]:
        """Table and day of each check that ended since the last asking."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if b'"table checked"' in line:
                said = json.loads(line)
                yield said["table"], date.fromisoformat(said["day"])
