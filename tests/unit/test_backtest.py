"""sekisho backtest as an operator runs it: real files in, a table, JSON and a page out."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, override

import numpy as np
import pytest
import typer.main

from infra.cli.main import app
from shared.errors import BadRow, ConfigError, SekishoError
from shared.kpi.backtest.detectors import DETECTORS
from tests.browser import chromium
from tests.command_line import Done, run_command
from tests.real_series import series_file

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2025, 9, 1)
KEYS = {
    "days",
    "coverage",
    "mape",
    "wape",
    "alerts_per_week",
    "false_alarms_per_week",
    "alerts",
    "detected",
    "faults",
    "labelled",
    "missing",
    "unjudged",
}
FAULTS = {"drop", "spike", "zero", "shift_by_day_7", "drift_by_day_14", "missing_day"}
CHEAP = ("--detectors", "fixed_threshold,seasonal_naive")


def run(*arguments: str | Path) -> Done:
    return run_command("backtest", *arguments)


def refusal(*arguments: str | Path) -> SekishoError:
    error = run(*arguments).error
    assert isinstance(error, SekishoError), error
    assert "expected" in str(error)
    assert "came" in str(error)
    return error


def figures(out: Path, *arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json", out)
    assert done.error is None, (done.error, done.err)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def write(path: Path, days: int = 160, left_out: Sequence[int] = (), **odd: float) -> Path:
    """Two KPIs; `left_out` days have no row, and the KPI `visits` has `d100=…` on day 100."""
    random = np.random.default_rng(5)
    week = np.array([1.0, 1.02, 1.0, 0.98, 1.05, 0.7, 0.65])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "visits", "注文"])
        for number in range(days):
            visits, orders = 5000 * week[number % 7] * np.exp(0.05 * random.standard_normal(2))
            row = [FIRST + timedelta(days=number), round(odd.get(f"d{number}", visits)), round(orders / 50)]
            if number not in left_out:
                writer.writerow(row)
    return path


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("series") / "series.csv", left_out=[150], d140=900, d155=20_000)


def test_json_has_the_documented_shape(series: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "out.json", series, "--inject", *CHEAP)
    assert set(found) == {"kpis", "detectors", "series", "seconds"}
    assert list(found["kpis"]) == ["visits", "注文"]
    assert list(found["detectors"]) == ["fixed_threshold", "seasonal_naive"]
    assert found["seconds"] > 0
    for entry in (*found["kpis"].values(), *found["detectors"].values()):
        assert set(entry) >= KEYS
        assert set(entry["coverage"]) == {"0.95", "0.99"}
        assert set(entry["detected"]) == FAULTS
        for alert in entry["alerts"]:
            assert {"date", "actual", "expected", "lower", "upper", "score", "kind"} <= set(alert)
    assert found["series"] == {
        "file": "series.csv",
        "first_day": "2025-09-01",
        "from": "2025-12-30",  # a quarter of 160 days
        "to": "2026-02-07",
        "country": "JP",
        "sensitivity": 6.0,
        "detector": "fixed_threshold",
    }
    assert found["kpis"]["visits"]["days"] == 39
    assert found["detectors"]["fixed_threshold"]["days"] == 78


def test_a_missing_day_is_found_by_arrival(series: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "out.json", series, "--inject", *CHEAP)
    gone = (FIRST + timedelta(days=150)).isoformat()
    assert found["kpis"]["visits"]["missing"] == {"days": 1, "found": 1, "dates": [gone]}
    assert found["kpis"]["visits"]["detected"]["missing_day"] == 1.0
    assert found["kpis"]["visits"]["unjudged"] == {"missing": 1}


def test_the_detector_of_production_is_the_default_and_finds_what_is_wrong(
    series: Path, tmp_path: Path
) -> None:
    first = (FIRST + timedelta(days=136)).isoformat()
    found = figures(tmp_path / "out.json", series, "--from", first, "--country", "none")
    assert found["series"]["detector"] == "prophet"
    assert list(found["detectors"]) == ["prophet", "same_weekday", "fixed_threshold", "seasonal_naive"]
    told = {each["date"]: each for each in found["kpis"]["visits"]["alerts"]}
    outage, spike = (told[(FIRST + timedelta(days=number)).isoformat()] for number in (140, 155))
    assert (outage["direction"], spike["direction"]) == ("down", "up")
    assert outage["actual"] == 900
    assert outage["actual"] < outage["lower"] < outage["expected"] < outage["upper"]
    assert outage["score"] > 1
    assert found["kpis"]["visits"]["detected"]["drop"] is None  # nothing was injected


def test_the_number_of_processes_changes_nothing(series: Path, tmp_path: Path) -> None:
    found = []
    for processes in ("1", "2"):
        first = (FIRST + timedelta(days=132)).isoformat()
        some = figures(
            tmp_path / "out.json", series, "--from", first, "--processes", processes, "--detectors", "prophet"
        )
        del some["seconds"], some["detectors"]["prophet"]["cpu_seconds"]
        found.append(some)
    assert found[0] == found[1]


def test_labelled_days_are_scored_and_teach_nothing(series: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    days = [FIRST + timedelta(days=number) for number in (140, 150, 158)]
    labels.write_text("date,kpi\n" + "".join(f"{day},visits\n" for day in days) + "2020-01-01,\n")
    done = run(series, "--labels", labels, "--json", tmp_path / "out.json", "--detectors", "seasonal_naive")
    assert done.error is None
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["kpis"]
    # 140 is told, 150 is missing and found by arrival, 158 is an ordinary day
    assert (found["visits"]["labelled"]["days"], found["visits"]["labelled"]["found"]) == (3, 2)
    assert found["visits"]["labelled"]["recall"] == 0.6667
    assert found["注文"]["labelled"]["days"] == 0
    told = {each["date"]: each["labelled"] for each in found["visits"]["alerts"]}
    assert told[days[0].isoformat()] is True
    # a week after the outage it is not what is expected
    assert (days[0] + timedelta(days=7)).isoformat() not in told
    assert "labels: 1 of 4 days are not within the file's days" in done.out


def test_own_events_and_their_country_come_from_the_calendar(series: Path, tmp_path: Path) -> None:
    calendar = tmp_path / "calendar.yaml"
    calendar.write_text("country: US\nevents:\n  - {name: sale, dates: [{start: 2026-01-05}]}\n")
    of_file = figures(tmp_path / "out.json", series, "--calendar", calendar, *CHEAP)
    assert of_file["series"]["country"] == "US"
    asked = figures(tmp_path / "out.json", series, "--calendar", calendar, "--country", "none", *CHEAP)
    assert asked["series"]["country"] == "none"


def test_the_terminal_shows_every_kpi_and_detector(series: Path) -> None:
    out = run(series, "--inject", *CHEAP).out
    for word in (
        "visits",
        "注文",
        "threshold",
        "seasonal_",
        "down",
        "2026-01-19",
        "2025-12-30 to 2026-02-07",
        "100 %",
    ):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2030-01-01"), "--from: expected a day of"),
        (("--country", "XX"), "--country: expected a country"),
        (("--detectors", "prophet,arima"), "came arima"),
        (("--detectors", ","), "came none"),
        (("--json", "no/such/folder/out.json"), "in a folder that exists"),
        (("--json", "same.out", "--html", "same.out"), "another file than --json"),
    ],
)
def test_a_wrong_option_is_told_before_any_work(series: Path, arguments: tuple[str, ...], said: str) -> None:
    error = refusal(series, *arguments)
    assert isinstance(error, ConfigError)
    assert said in str(error)


def test_no_file_that_is_read_is_written_over(series: Path, tmp_path: Path) -> None:
    assert "a file of its own" in str(refusal(series, "--json", series))
    labels = tmp_path / "labels.csv"
    labels.write_text("date\n")
    assert "a file of its own" in str(refusal(series, "--labels", labels, "--html", labels))


@pytest.mark.parametrize(("days", "has_enough"), [(1, False), (21, False), (22, True)])
def test_too_short_a_history_says_what_is_needed(tmp_path: Path, days: int, has_enough: bool) -> None:
    path = write(tmp_path / "short.csv", days=days)
    last = (FIRST + timedelta(days=days - 1)).isoformat()
    if has_enough:
        assert figures(tmp_path / "out.json", path, "--from", last, *CHEAP)["kpis"]["visits"]["days"] == 1
    else:
        error = refusal(path, "--from", last, *CHEAP)
        assert isinstance(error, BadRow)
        assert "at least 21 days with a value before one that is judged" in str(error)


def test_a_kpi_without_any_value_keeps_no_other_from_being_judged(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    rows = [f"{FIRST + timedelta(days=number)},{100 + number % 7},\n" for number in range(60)]
    path.write_text("date,visits,empty\n" + "".join(rows))
    found = figures(tmp_path / "out.json", path, "--inject", *CHEAP, "--html", tmp_path / "out.html")
    assert found["kpis"]["visits"]["days"] == 15
    empty = found["kpis"]["empty"]
    assert (empty["days"], empty["alerts_per_week"], empty["coverage"]["0.95"]) == (0, None, None)
    assert empty["unjudged"] == {"missing": 15}
    assert empty["missing"]["found"] == 0  # it never was filled


def test_a_kpi_below_zero_or_always_zero_is_judged_too(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    random = np.random.default_rng(2)
    rows = [f"{FIRST + timedelta(days=number)},{random.normal(0, 50):.2f},0,-7\n" for number in range(90)]
    path.write_text("date,profit,errors,same\n" + "".join(rows))
    found = figures(tmp_path / "out.json", path, "--inject", "--html", tmp_path / "out.html")
    assert [found["kpis"][kpi]["days"] for kpi in ("profit", "errors", "same")] == [22, 22, 22]
    assert found["kpis"]["errors"]["alerts"] == []
    assert found["kpis"]["errors"]["faults"]["days"] == 0


class Page(HTMLParser):
    """What a page would load, and whether its tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href")]
        if tag in ("script", "link", "img", "iframe"):
            self.loads.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opened and closed at once."""


def test_the_page_loads_nothing_and_shows_charts_and_alerts(series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    labels = tmp_path / "labels.csv"
    labels.write_text(f"date\n{FIRST + timedelta(days=140)}\n")
    assert run(series, "--inject", "--labels", labels, *CHEAP, "--html", out).error is None
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    assert page.loads == []
    assert page.open == []
    assert not re.search(r"https?://", text)
    assert text.count('<svg class="kpi"') == 2
    assert '<circle class="alarm"' in text
    assert '<rect class="known"' in text
    assert "no value" in text  # the missing day
    assert "nan" not in text


def test_a_name_of_a_kpi_is_never_taken_for_markup(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    rows = [f"{FIRST + timedelta(days=number)},{100 + number % 7}\n" for number in range(60)]
    path.write_text("date,<script>alert(1)</script>[red]\n" + "".join(rows))
    done = run(path, *CHEAP, "--html", tmp_path / "out.html")
    assert done.error is None
    assert "[red]" in done.out
    assert "<script" not in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_in_a_browser(series: Path, tmp_path: Path, scheme: Any) -> None:
    out = tmp_path / "out.html"
    assert run(series, "--inject", *CHEAP, "--html", out).error is None
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 420, "height": 800}, color_scheme=scheme)
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text))
        page.goto(out.as_uri())
        ink, paper = page.evaluate(
            "() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor] }"
        )
        assert contrast(ink, paper) > 7
        # nothing makes a phone scroll sideways but tables and charts of their own
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.locator("svg.kpi .came").first.bounding_box()
        assert errors == []


def contrast(ink: str, paper: str) -> float:
    """WCAG's ratio of two colours as a browser spells them."""

    def light(colour: str) -> float:
        parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
        linear = [each / 12.92 if each <= 0.04 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(ink), light(paper)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_ctrl_c_ends_all_processes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write(tmp_path / "series.csv", days=400)
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = [sys.executable, "-m", "infra.cli.main", "backtest", str(path), "--inject", "--detectors"]
    # Tests that a shell runs in the background ignore Ctrl-C, and so would all they start.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = subprocess.Popen(
        [*command, "prophet_textbook", "--processes", "2"],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    signal.signal(signal.SIGINT, ours)
    try:
        workers = wait_for_workers(began.pid, 2)
        os.killpg(began.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = began.communicate(timeout=60)
    finally:
        began.kill()
    assert began.returncode != 0
    assert "Traceback" not in err
    assert out == ""
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert list(folder.iterdir()) == []


def wait_for_workers(pid: int, many: int) -> list[int]:
    """The processes that one began, once there are so many."""
    for _ in range(600):
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found = [int(each) for each in children.read_text().split()] if children.exists() else []
        if len(found) >= many:
            time.sleep(1)
            return found
        time.sleep(0.1)
    raise AssertionError(f"expected {many} processes of {pid}, came {found}")


def test_a_real_series_is_judged_in_one_go(tmp_path: Path) -> None:
    path = series_file("wiki_page_log")  # with days that are missing
    found = figures(
        tmp_path / "out.json", path, "--from", "2015-06-01", "--country", "US", "--inject", *CHEAP
    )
    entry = found["kpis"]["log_views"]
    assert entry["days"] + entry["missing"]["days"] == 234
    assert entry["detected"]["missing_day"] == 1.0
    assert entry["missing"]["found"] == entry["missing"]["days"]


def test_the_documented_options_and_fields_are_those_there_are(series: Path, tmp_path: Path) -> None:
    document = (ROOT / "docs/backtest.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (`[^|]*) \|", document)
    said = {option for row in rows for option in re.findall(r"`(--[a-z]+)`", row)}
    command = typer.main.get_command(app).commands["backtest"]  # type: ignore[attr-defined]
    assert said == {option for parameter in command.params for option in parameter.opts if option[:2] == "--"}
    (block,) = re.findall(r"(?s)```json\n(.*?)```", document)
    example = json.loads(block)
    found = figures(tmp_path / "out.json", series, "--inject", *CHEAP)
    assert set(example) == set(found)
    assert set(example["series"]) == set(found["series"])
    (entry,) = example["kpis"].values()
    assert set(entry) == set(found["kpis"]["visits"]) == KEYS
    assert set(entry["detected"]) == FAULTS
    fields = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert fields >= KEYS | {"limits", "at_textbook_detection", "cpu_seconds", "seconds"}
    assert set(DETECTORS) <= fields
