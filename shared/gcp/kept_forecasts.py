"""Kept forecasts in Cloud Storage: one object per KPI table, from one check to the next."""

import json
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from shared.errors import ConfigError, StorageUnavailable
from shared.gcp.object_store import ObjectChanged, ObjectStore
from shared.kpi.kept import BadKept, Kept, KpiKey

PREFIX = "forecasts/"
UNUSED_DAYS = 35
"""What was not carried on for so long can't be any more."""


class KeptForecasts:
    """What the checks of one table leave for the next. Nothing that goes wrong here keeps a check from being
    done: what is lost is fitted again, which takes ten times as long and comes to the same.

    Of several that check a table at once the first one's stays: both come to the same.
    """

    def __init__(self, objects: ObjectStore, table: str, log: logging.Logger) -> None:
        self._objects, self._table, self._log = objects, table, log
        self._name = f"{PREFIX}{table}.json"
        self._generation: int | None = None
        self._kept: dict[KpiKey, Kept] = {}

    def read(self) -> Mapping[KpiKey, Kept]:
        """What is kept of each KPI and segment; what can't be used is left out, with a line in the log."""
        if self._generation is not None:
            return self._kept
        try:
            found = self._objects.read(self._name)
        except (StorageUnavailable, ConfigError) as error:
            self._tell("kept forecasts not read", error)
            return self._kept
        if found is None:
            self._log.info("no forecasts kept yet", extra={"facts": {"table": self._table}})
        data, self._generation = found or (b"{}", 0)
        try:
            said = json.loads(data)
            rows = said.get("kpis", [])
            self._kept = dict(filter(None, (self._of(row) for row in rows)))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            self._tell("kept forecasts damaged", error)
        return self._kept

    def _of(self, row: Any) -> tuple[KpiKey, Kept] | None:
        try:
            kpi, segment, plain = row
            return (str(kpi), str(segment)), Kept.from_plain(plain)
        except (BadKept, ValueError, TypeError) as error:
            self._tell("kept forecasts of a KPI not used", error)
            return None

    def write(self, day: date, forecasts: Mapping[KpiKey, Kept]) -> None:
        """Keep what a check of `day` came to, unless a newer day was checked before."""
        newest = max((each.day for each in self._kept.values()), default=day)
        if not forecasts or day < newest or self._generation is None:
            return
        oldest = day - timedelta(days=UNUSED_DAYS)
        now = {key: each for key, each in {**self._kept, **forecasts}.items() if each.day >= oldest}
        rows = [[*key, each.to_plain()] for key, each in sorted(now.items())]
        data = json.dumps({"table": self._table, "kpis": rows}, separators=(",", ":")).encode()
        try:
            self._generation = self._objects.swap(self._name, data, self._generation)
            self._kept = now
        except ObjectChanged:
            self._log.info("forecasts kept by another check", extra={"facts": {"table": self._table}})
        except (StorageUnavailable, ConfigError) as error:
            self._tell("forecasts not kept", error)

    def _tell(self, what: str, error: Exception) -> None:
        facts = {"table": self._table, "where": self._objects.where(self._name), "error": str(error)[:300]}
        self._log.warning(what, extra={"facts": facts})
