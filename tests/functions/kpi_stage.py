"""The stage of KPI tests: one watched table of a test's own, the functions, and what Slack was told."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import requests
from google.cloud import bigquery

from infra.local.cloud import KPI_TABLES_TOPIC, PROJECT, LocalCloud
from infra.local.resources import create_bucket
from infra.local.sample.kpis.rows import SampleTable
from infra.local.sample_tables import load_sample_tables
from shared.gcp.alert_table import AlertTable
from shared.gcp.queries import read_rows
from shared.kpi.history import Column
from shared.kpi.incidents import Alert
from tests.functions.stage import Crew, Scene, Served

DAYS = 150
COLUMNS = (Column("day", "DATE"), Column("impressions", "INTEGER"), Column("clicks", "INTEGER"))
Row = dict[str, Any]


class Channel:
    """A channel of a module's own in the stand-in for Slack."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self._told_before = 0

    def begin(self) -> None:
        """Forgets the faults and the messages of the test before."""
        for kind in ("faults", "refusals"):
            requests.delete(f"{self.url}/control/{kind}", timeout=10)
        self._told_before = len(self._messages())

    def inbox(self) -> list[dict[str, Any]]:
        """What Slack was told during this test, the oldest first."""
        return self._messages()[self._told_before :]

    def fault(self, endpoint: str = "chat.postMessage", kind: str = "500", **more: Any) -> None:
        """Has Slack fail so."""
        fault = {"endpoint": endpoint, "kind": kind, **more}
        assert requests.post(f"{self.url}/control/faults", json=fault, timeout=10).status_code == 201

    def refuse(self, error: str) -> None:
        """Has Slack refuse the next message."""
        refusal = {"method": "chat.postMessage", "error": error}
        assert requests.post(f"{self.url}/control/refusals", json=refusal, timeout=10).status_code == 201

    def mend(self) -> None:
        """Slack works again."""
        requests.delete(f"{self.url}/control/faults", timeout=10)

    def _messages(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/api/inbox.json", params={"channel": self.name}, timeout=10)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


class Watch:
    """Functions with tables, claims and a channel of a module's own; a table for each test."""

    def __init__(self, cloud: LocalCloud, crew: Crew, folder: Path) -> None:
        self.cloud, self.crew = cloud, crew
        self.scene = Scene.set_up(cloud)
        bucket = self.scene.dataset.replace("_", "-")
        create_bucket(cloud.settings, bucket)
        self.channel = Channel(cloud.url("slack"), bucket)
        self.folder = folder / "tables"
        self.folder.mkdir()
        self.calendar = folder / "calendar.yaml"
        self.calendar.write_text("events: []\n", "utf-8")
        self.environment = {
            "SEKISHO_DATASET": self.scene.dataset,
            "SEKISHO_STATE_BUCKET": bucket,
            "SEKISHO_KPI_TABLES": str(self.folder),
            "SEKISHO_CALENDAR": str(self.calendar),
            "SEKISHO_ALERT_CHANNEL": bucket,
        }
        self.today = datetime.now(UTC).date() - timedelta(days=2)
        """The newest day with rows; over in every time zone."""
        self.checker: Served = crew.start("check_kpi_table", **self.environment)
        self._tests = 0

    def begin(self) -> None:
        """Forgets the files and faults of the test before."""
        self._tests += 1
        self.table = f"{self.scene.dataset}.kpis_{self._tests}"
        for file in self.folder.iterdir():
            file.unlink()
        self.configure("")
        self.channel.begin()

    def configure(self, more: str) -> Path:
        """The table's file: one line, and `more`."""
        file = self.folder / "table.yaml"
        file.write_text(f"table: {self.table}\n{more}", "utf-8")
        return file

    def rows(
        self, last: date | None = None, days: int = DAYS, **changed: Mapping[date, int | None]
    ) -> list[Row]:
        """One row a day up to `last`, quiet but not still, with `changed` values by column and day."""
        last, chance = last or self.today, np.random.default_rng(7)
        rows: list[Row] = []
        for back in range(days - 1, -1, -1):
            day = self.today - timedelta(days=back)
            week = 1.3 if back % 7 in (2, 3) else 1.0  # the same rows on whatever weekday the tests run
            impressions = int(100_000 * week * chance.normal(1, 0.02))
            clicks = int(impressions * 0.02 * chance.normal(1, 0.02))
            rows.append({"day": day, "impressions": impressions, "clicks": clicks})
        for column, values in changed.items():
            for row in rows:
                row[column] = values.get(row["day"], row[column])
        return [row for row in rows if row["day"] <= last]

    def load(self, rows: Sequence[Row], columns: Sequence[Column] = COLUMNS) -> None:
        """The table anew, with these rows."""
        kept = tuple({name: value for name, value in row.items() if value is not None} for row in rows)
        load_sample_tables(self.scene.client, {self.table: SampleTable(self.table, tuple(columns), kept)})

    def remove(self) -> None:
        """There is no such table."""
        self.scene.client.delete_table(f"{PROJECT}.{self.table}")

    def check(self, *days: date, table: str = "", **more: Any) -> requests.Response:
        """Brings a message that asks for a check, as Pub/Sub does."""
        said = {"table": table or self.table, "dates": [day.isoformat() for day in days or (self.today,)]}
        return self.push(json.dumps(said | more).encode())

    def push(
        self, data: bytes, served: Served | None = None, attributes: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Brings a message with `data`."""
        text = base64.b64encode(data).decode()
        message = {"data": text, "messageId": "1", "attributes": dict(attributes or {})}
        body = {"message": message, "subscription": f"projects/{PROJECT}/subscriptions/check-kpi-table"}
        url = f"{(served or self.checker).url}projects/{PROJECT}/topics/{KPI_TABLES_TOPIC}"
        return requests.post(url, json=body, timeout=200)

    def state(self, day: date | None = None) -> str:
        """Where the table's day stands."""
        sql = "SELECT state FROM table_checks_latest WHERE table_name = @table AND day = @day"
        found = self._query(sql, table=self.table, day=day or self.today)
        return str(next(iter(found))["state"])

    def statuses(self, day: date | None = None) -> dict[str, str]:
        """What was thought of each KPI of the whole table."""
        sql = (
            "SELECT kpi, status FROM kpi_results_latest "
            "WHERE table_name = @table AND day = @day AND segment = ''"
        )
        return {
            row["kpi"]: row["status"] for row in self._query(sql, table=self.table, day=day or self.today)
        }

    def alerts(self) -> list[Alert]:
        """What there was to tell of the table."""
        found = AlertTable(self.scene.client, self.scene.dataset).recent(
            self.table, self.today - timedelta(60)
        )
        return list(found)

    def past(self, kpi: str) -> dict[date, tuple[float, float | None]]:
        """What is kept of days nobody checked: value and volume."""
        sql = (
            "SELECT day, value, volume FROM kpi_results_latest "
            "WHERE table_name = @table AND kpi = @kpi AND segment = '' AND status = 'history'"
        )
        found = self._query(sql, table=self.table, kpi=kpi)
        return {row["day"]: (row["value"], row["volume"]) for row in found}

    def stored(self) -> int:
        """How many results of the table are stored, those included that no longer count."""
        sql = "SELECT COUNT(*) AS n FROM kpi_results WHERE table_name = @table"
        return int(next(iter(self._query(sql, table=self.table)))["n"])

    def inbox(self) -> list[dict[str, Any]]:
        """What Slack was told during this test, the oldest first."""
        return self.channel.inbox()

    def _query(self, sql: str, **parameters: Any) -> Iterable[bigquery.Row]:
        return read_rows(self.scene.client, self.scene.dataset, sql, **parameters)


def words(message: Mapping[str, Any]) -> str:
    """Everything a person reads of a message."""
    return json.dumps(message["blocks"], ensure_ascii=False)
