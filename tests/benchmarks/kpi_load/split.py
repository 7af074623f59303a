"""Where the time of a check goes: the handler itself in this process, with timers around what it calls."""

import contextlib
import io
import json
import os
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial, wraps
from pathlib import Path
from typing import Any

from functions_framework import create_app
from google.cloud import bigquery
from slack_sdk import WebClient

from infra.local.cloud import LocalCloud
from infra.local.emulators import ROOT
from shared import inspecting
from shared.alerts.slack import uploads
from shared.alerts.slack.channel import SlackChannel
from shared.gcp.alert_claims import AlertClaims
from shared.gcp.alert_table import AlertTable
from shared.gcp.check_table import CheckTable
from shared.gcp.clients import bigquery_client
from shared.gcp.object_store import ObjectStore
from shared.gcp.response_table import ResponseTable
from shared.gcp.result_table import ResultTable
from shared.kpi import checking
from shared.kpi.asking import CheckRequest
from shared.kpi.detection import judging
from shared.kpi.prophet import refit
from tests.benchmarks.kpi_load.instances import NAME, PATH
from tests.benchmarks.kpi_load.tables import LAST_DAY, Load, file_of
from tests.functions.stage import pushed

REST = "rest"


def timed(main: Any) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Part, and the functions whose time it is (less that of other parts within them), as they are called."""
    yield "configuration", main, ("find_table", "read_calendar")
    yield "query: history", inspecting, ("read_shape", "read_history")
    yield "query: own records", CheckTable, ("earlier",)
    yield "query: own records", ResponseTable, ("responses",)
    yield "query: own records", AlertTable, ("recent", "unsent")
    yield "arrival, series", inspecting, ("watch",)
    yield "arrival, series", checking, ("check_arrival", "series_of")
    yield "calendar columns", judging, ("calendar_columns",)
    yield "fit", judging, ("both_forecasts",)
    yield "predict", refit.Refit, ("foresee", "foresee_far")
    yield "calibrate, judge", judging, ("judge_kept",)
    yield "message", main, ("calendar_marks", "decide", "alert_message")
    yield "chart", uploads, ("draw",)
    yield "Slack", SlackChannel, ("send", "find")
    yield "record: rows", ResultTable, ("append",)
    yield "record: past", ResultTable, ("keep_past",)
    yield "record: rows", CheckTable, ("append",)
    yield "record: rows", AlertTable, ("append",)
    yield "record: claims", AlertClaims, ("claim", "release")


PARTS = (*dict.fromkeys(part for part, _, _ in timed(None)), REST)
WAITS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (bigquery.Client, ("query_and_wait", "get_table", "insert_rows_json", "load_table_from_json")),
    (ObjectStore, ("read", "swap")),
    (WebClient, ("chat_postMessage", "files_upload_v2", "conversations_history", "conversations_list")),
)
"""Calls of servers: of the part they are made in, the time that is not ours."""
TOGETHER = "query: own records"
"""What is asked in threads of its own: its time is that in which the handler waits for their answers."""


class Stopwatch:
    """Seconds by part, each moment counted once: in the innermost part that is under way.

    `waiting` is what of them went to servers, `processor_seconds` what this process computed in all. Only the
    thread that made it is timed; what others do is counted.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.waiting: defaultdict[str, float] = defaultdict(float)
        self.calls = Counter[str]()
        self.processor_seconds = 0.0
        self._under_way: list[tuple[str, bool]] = []
        self._since = 0.0
        self._thread = threading.get_ident()

    def run[Told](self, part: str, work: Callable[[], Told], *, waits: bool = False) -> Told:
        """Does `work` as `part`; where it `waits` for a server, as the part that is under way."""
        if not waits:
            self.calls[part] += 1
        if threading.get_ident() != self._thread:
            return work()
        self._charge()
        if not part:
            part = self._under_way[-1][0] if self._under_way else REST
        self._under_way.append((part, waits))
        try:
            return work()
        finally:
            self._charge()
            self._under_way.pop()

    @contextlib.contextmanager
    def attached(self, main: Any) -> Iterator[None]:
        """Has the parts timed meanwhile."""
        with contextlib.ExitStack() as undone:
            for part, owner, names in timed(main):
                for name in names:
                    self._attach(undone, owner, name, part, waits=False)
            for owner, names in WAITS:
                for name in names:
                    self._attach(undone, owner, name, "", waits=True)
            self._attach(undone, Future, "result", TOGETHER, waits=True)
            yield

    def _attach(self, undone: contextlib.ExitStack, owner: Any, name: str, part: str, *, waits: bool) -> None:
        original = getattr(owner, name)

        @wraps(original)
        def wrapped(*arguments: Any, **named: Any) -> Any:
            return self.run(part, partial(original, *arguments, **named), waits=waits)

        setattr(owner, name, wrapped)
        undone.callback(setattr, owner, name, original)

    def _charge(self) -> None:
        now = time.perf_counter()
        if self._under_way:
            part, waits = self._under_way[-1]
            self.seconds[part] += now - self._since
            if waits:
                self.waiting[part] += now - self._since
        self._since = now


def time_parts(cloud: LocalCloud, load: Load, folder: Path, on_checked: Callable[[], None]) -> Stopwatch:
    """Checks the tables of `load` one after the other in this process, whose files go into `folder`.

    A table of another load warms up, unmeasured.
    """
    os.environ.update(cloud.environment)
    warm_up = Load("warm_up", 1, load.days)
    for each in (warm_up, load):
        each.configure(folder / each.kind)
        each.fill(bigquery_client(cloud.settings), lambda: None)
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):  # the handler's log takes the output it finds when it is loaded
        source = ROOT / "functions" / NAME / "main.py"
        client = create_app(NAME, str(source), "cloudevent").test_client()  # type: ignore[no-untyped-call]

    def check(table: str, kind: str) -> None:
        request = CheckRequest(table, (LAST_DAY,), str(file_of(table, folder / kind)))
        answer = client.post(PATH, json=pushed(request.to_message()))
        said = json.loads(lines.getvalue().splitlines()[-1])
        assert answer.status_code == 200, f"{table}: HTTP {answer.status_code} {answer.text[:300]}"
        assert said["state"] == "checked", said
        on_checked()

    check(warm_up.names[0], warm_up.kind)
    stopwatch = Stopwatch()
    begun = time.process_time()
    with stopwatch.attached(sys.modules["main"]):
        for table in load.names:
            stopwatch.run(REST, partial(check, table, load.kind))
    stopwatch.processor_seconds = time.process_time() - begun
    return stopwatch
