"""sekisho backtest: what a detector would have told of a series, each day judged from the days before it."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra.cli.arguments import check_outs, names_among

if TYPE_CHECKING:
    from infra.cli.backtest_days import Backtest
    from infra.cli.backtest_series import Label
    from shared.kpi.backtest.scoring import Scored
    from shared.kpi.backtest.walk import Job

DEFAULT_DETECTORS = "prophet,same_weekday,fixed_threshold,seasonal_naive"


def backtest(
    series: Annotated[Path, typer.Argument(help="CSV: date and one column per KPI")],
    from_day: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="the first day that is judged",
            show_default="the last 91 days, or the last quarter of a file of less than a year",
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(help="whose holidays: JP, US … or none", show_default="the calendar's, else JP"),
    ] = None,
    calendar: Annotated[Path | None, typer.Option(help="own events, as infra/calendar.yaml")] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV date[,kpi] of days known to be anomalous")] = None,
    sensitivity: Annotated[
        float, typer.Option(min=0.1, max=100, help="expected false alarms per KPI and year")
    ] = 6.0,
    inject: Annotated[
        bool, typer.Option("--inject", help="also put faults on the days, and count which are found")
    ] = False,
    detectors: Annotated[
        str, typer.Option(help="which, separated by commas; there is prophet_textbook, too, which is slow")
    ] = DEFAULT_DETECTORS,
    json_out: Annotated[Path | None, typer.Option("--json", help="write the figures as JSON")] = None,
    html_out: Annotated[
        Path | None, typer.Option("--html", help="write a page with the charts, bands and alerts")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="processes at once", show_default="one per core")
    ] = None,
) -> None:
    """Measure detectors on daily KPIs: every day judged from the days before it, as in production.

    Says how often they would have told somebody, what their bands cover, and with --inject what they find.

    docs/backtest.md says what the figures mean. Missing days and empty cells are allowed.
    """
    from infra.cli.backtest_days import prepare, read_calendar  # noqa: PLC0415 - `sekisho --help` needs no Prophet
    from infra.cli.backtest_page import page  # noqa: PLC0415
    from infra.cli.backtest_running import run  # noqa: PLC0415
    from infra.cli.backtest_series import read_labels, read_series  # noqa: PLC0415
    from infra.cli.backtest_table import alerts_table, detectors_table, kpis_table  # noqa: PLC0415
    from shared.kpi.backtest.detectors import DEFAULT, DETECTORS, TEXTBOOK  # noqa: PLC0415
    from shared.kpi.backtest.figures import figures_of, limits_of  # noqa: PLC0415
    from shared.kpi.backtest.scoring import Scored  # noqa: PLC0415
    from shared.kpi.backtest.walk import Setting, jobs_of, joined  # noqa: PLC0415

    began = time.monotonic()
    names = names_among(detectors, list(DETECTORS))
    check_outs(json_out, html_out, [each for each in (series, calendar, labels) if each])
    known = read_calendar(calendar, country)
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    file = read_series(series)
    marks = read_labels(labels, file.kpis) if labels else []
    test = prepare(file, marks, from_day.date() if from_day else None, inject, labels is not None)
    setting = Setting(known, sensitivity)
    jobs = [job for name in names for job in jobs_of(name, test.tracks, test.judged, test.faults, setting)]
    bars = _bars(errors, jobs)
    courses, seconds = run(jobs, processes or os.process_cpu_count() or 1, bars)
    place_of = {track.kpi: place for place, track in enumerate(test.tracks)}
    scored: dict[str, list[Scored]] = {name: [] for name in names}
    for course in joined(courses):
        place = place_of[course.kpi]
        one = Scored(course, test.tracks[place], has_labels=test.has_labels, absent=test.absent[place])
        scored[course.detector].append(one)
    main = DEFAULT if DEFAULT in names else names[0]
    limits = limits_of(scored, TEXTBOOK) if inject else {}
    found: dict[str, Any] = {
        "kpis": {one.track.kpi: figures_of([one]) for one in scored[main]},
        "detectors": {
            name: {
                **figures_of(some, is_pooled=True),
                **limits.get(name, {}),
                "cpu_seconds": round(seconds[name], 2),
            }
            for name, some in scored.items()
        },
        "series": {
            "file": series.name,
            "first_day": test.days[0].isoformat(),
            "from": test.days[test.judged.start].isoformat(),
            "to": test.days[-1].isoformat(),
            "country": known.country,
            "sensitivity": sensitivity,
            "detector": main,
        },
        "seconds": round(time.monotonic() - began, 2),
    }
    told = _told(found)
    console.print(escape(told))
    told_alerts = alerts_table(found)
    if told_alerts:
        console.print(told_alerts)
    console.print(kpis_table(found))
    console.print(detectors_table(found))
    for line in _notes(scored[main], test, marks):
        console.print(escape(line), soft_wrap=True)
    if json_out:
        text = json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)
        json_out.write_text(f"{text}\n", encoding="utf-8")
    if html_out:
        html_out.write_text(page(found, scored, told), encoding="utf-8")
    for out in (json_out, html_out):
        if out:
            errors.print(f"written: {escape(str(out))}")


def _notes(scored: "Sequence[Scored]", test: "Backtest", marks: "Sequence[Label]") -> Iterator[str]:
    """What the tables don't say: days that could not be judged, and why."""
    outside = sum(each.day not in test.days for each in marks)
    if outside:
        yield f"labels: {outside} of {len(marks)} days are not within the file's days"
    for one in scored:
        why: dict[str, list[str]] = {}
        for each in one.course.days:
            if not each.verdict.is_judged and each.verdict.note:
                why.setdefault(each.verdict.status.value, []).append(each.verdict.note)
        for status, notes in why.items():
            if status != "missing":
                said = status.replace("_", " ")
                yield f"{one.track.kpi}: {len(notes)} days not judged, {said}: {notes[-1]}"
        if one.absent and one.absent.days:
            days, found = len(one.absent.days), len(one.absent.found)
            yield f"{one.track.kpi}: {days} days without a value; arrival tells of {found}"


def _told(found: Mapping[str, Any]) -> str:
    series = found["series"]
    return (
        f"{series['from']} to {series['to']}, each day judged from the days before it; holidays of "
        f"{series['country']}, {series['sensitivity']:g} false alarms per KPI and year asked for"
    )


@contextmanager
def _bars(console: Console, jobs: "Sequence[Job]") -> "Iterator[Callable[[Job], None]]":
    """A bar per detector, advanced job by job."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    work: dict[str, int] = {}
    for job in jobs:
        work[job.detector] = work.get(job.detector, 0) + job.work
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bars = {name: progress.add_task(name, total=total) for name, total in work.items()}
        yield lambda job: progress.advance(bars[job.detector], job.work)
