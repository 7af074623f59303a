"""sekisho demo: posts pass the checkpoint, then KPIs do, on this machine, with production code."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.cli.train import figures_table

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud
    from infra.local.demo import Announced, Demo
    from infra.local.kpi_demo import KpiDemo

DEMO_ROOT = Path(__file__).resolve().parents[2] / ".local/demo"
REAL_POSTS = Path(__file__).resolve().parents[3] / "shared/data/posts"
DAYS_UNTIL_TODAY_TEACHES = 6
"""Training leaves out the newest five days: so much later, today's answers are in its window."""


class Steps:
    """Says what goes on, and how long each step took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announces a step and times it."""
        self._console.print(f"[bold]{len(self.seconds) + 1}. {title}[/bold]")
        start = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - start


def demo(
    short: Annotated[bool, typer.Option("--short", help="fewer files of real text")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything running until Ctrl-C")] = False,
) -> None:
    """Train, judge, take down, overturn and retrain; then check two years of KPIs, incidents and all."""
    from infra.cli.up import StopAsked, cloud_started, keep_up, show, signals_stop  # noqa: PLC0415 - only needed here
    from infra.local.cloud import LocalCloud  # noqa: PLC0415
    from infra.local.demo import Demo  # noqa: PLC0415
    from infra.local.kpi_demo import KpiDemo, sample_files  # noqa: PLC0415
    from infra.local.sample.posts import SampleSizes  # noqa: PLC0415
    from shared.spam.verdicts import Mode  # noqa: PLC0415

    console = Console(highlight=False)
    steps = Steps(console)
    now = datetime.now(UTC)
    sizes = SampleSizes()
    overrides = {
        "SEKISHO_JUDGING_DAYS": "1",
        "SEKISHO_KPI_TABLES": str(sample_files(DEMO_ROOT / "kpi_tables")),
    }
    cloud = LocalCloud(DEMO_ROOT, mode=Mode.AUTO, fresh=True, overrides=overrides)
    played = False
    try:
        with signals_stop(), ExitStack() as running:
            with steps.step("start the local cloud"):
                running.enter_context(cloud_started(console, cloud))
            posts, kpis = Demo(cloud, sizes, now), KpiDemo(cloud)
            trained = _play_posts(console, steps, posts, most_files=2 if short else 5)
            _play_kpis(console, steps, kpis)
            console.rule("What came of the posts")
            console.print(figures_table(trained["figures"]))
            _post_summary(console, posts)
            console.rule("What came of the KPIs")
            _kpi_summary(console, kpis)
            _times(console, steps)
            _where(console, cloud, keep=keep)
            played = True
            if keep:
                show(console, cloud.state)
                console.print("Everything stays up. Ctrl-C stops it.")
                keep_up(cloud)
    except StopAsked:
        console.print("The local cloud is stopped.")
        if not played:
            raise typer.Exit(130) from None


def _play_posts(console: Console, steps: Steps, run: "Demo", most_files: int) -> dict[str, Any]:
    with steps.step(f"load {run.sizes.days} days of sample posts and reviewers' answers"):
        _facts(console, run.load())
    with steps.step("train, as every day"):
        trained = run.train()
        _trained(console, trained)
    with steps.step("judge the last day's posts, as every half hour"):
        _facts(console, run.judge())
    with steps.step("three new posts arrive by signed webhook"):
        announced = run.announce()
        _announced(console, announced)
    with steps.step("a reviewer overturns a takedown"):
        console.print(f"   {run.overturn(announced)} is visible again")
    with steps.step("train again, as six days later, when today's answers teach too"):
        _trained(console, run.train(DAYS_UNTIL_TODAY_TEACHES))
    with steps.step("the same on real labelled text"):
        _real_text(console, most_files)
    return trained


def _play_kpis(console: Console, steps: Steps, run: "KpiDemo") -> None:
    from infra.local.sample.kpis.scenarios import DAY_BEFORE  # noqa: PLC0415 - with its numpy
    from infra.local.sample.kpis.seasons import ANCHOR_DAY  # noqa: PLC0415

    with steps.step("load two years of sample KPI tables, with what went wrong in them"):
        _facts(console, run.load())
    with steps.step("check past days again: a sale, New Year, and two KPIs that drift"):
        console.print(f"   {run.replay()} days of tables checked")
    with steps.step(f"the hourly run on the morning after {DAY_BEFORE}"):
        console.print(f"   {', '.join(run.check(DAY_BEFORE))}")
    with steps.step(
        f"two tables are built anew with other columns; the run on the morning after {ANCHOR_DAY}"
    ):
        console.print(f"   rebuilt {', '.join(run.change_shapes())}")
        console.print(f"   {', '.join(run.check(ANCHOR_DAY))}")
    with steps.step("the weekly summary"):
        console.print(f"   {run.summarize()['state']}")


def _facts(console: Console, facts: Any) -> None:
    console.print("   " + ", ".join(f"{name} {_said(value)}" for name, value in facts.items()))


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _trained(console: Console, told: dict[str, Any]) -> None:
    console.print(
        f"   {told['outcome']} {told['model_version']}: {told['labelled']:,} labelled posts of "
        f"{told['window_start']} to {told['window_end']}, {told['unlabelled']:,} unlabelled left out"
    )


def _announced(console: Console, announced: "list[Announced]") -> None:
    for one in announced:
        console.print(
            f"   {escape(one.post.title[:40])} ({one.truth or 'ordinary'}): {one.action}, {one.state}"
        )


def _real_text(console: Console, most: int) -> None:
    """`sekisho train` and `sekisho judge` on real labelled posts, where they lie beside the project."""
    from infra.cli.judge import judge  # noqa: PLC0415
    from infra.cli.train import train  # noqa: PLC0415

    files = sorted(REAL_POSTS.glob("*.csv"))[:most]
    if not files:
        console.print(f"   skipped: no labelled posts at {REAL_POSTS}")
    for file in files:
        console.print(f"   [bold]{file.name}[/bold]")
        with tempfile.TemporaryDirectory() as folder:
            train(file, Path(folder))
            judge(file, Path(folder), top=3)


def _post_summary(console: Console, run: "Demo") -> None:
    down = Table(title="Takedowns, the surest first", title_justify="left")
    for column in ("post", "state", "class", "score", "top reasons (weight)"):
        down.add_column(column, overflow="fold")
    for row in run.takedowns():
        reasons = ", ".join(f"{one['token']} {one['weight']:+.2f}" for one in row["reasons"][:4])
        values = (row["title"][:24] or row["post_id"], row["state"], row["violation_class"])
        down.add_row(*map(escape, values), f"{row['score']:.3f}", escape(reasons))
    console.print(down)
    day = {name: value for name, value in run.day().items() if value}
    console.print("Today in moderation_daily: " + ", ".join(f"{name} {_said(day[name])}" for name in day))
    states = ", ".join(f"{number:,} {state}" for state, number in run.states().items())
    console.print(f"Posts at the platform: {states}")


def _kpi_summary(console: Console, run: "KpiDemo") -> None:
    from infra.local.demo import DemoFailed  # noqa: PLC0415

    told = run.told()
    table = Table(title="What Slack was told", title_justify="left")
    for column in ("", "what happened", "what was said", "on the day of"):
        table.add_column(column, overflow="fold")
    for one in told:
        mark = "[green]✓[/green]" if one.came_right else "[red]✗[/red]"
        said = escape(one.alert.headline) if one.alert else "nothing"
        table.add_row(mark, escape(one.scenario.title), said, str(one.alert.day) if one.alert else "")
    console.print(table)
    wrong = [one.scenario.name for one in told if not one.came_right]
    if wrong:
        raise DemoFailed(
            f"expected every incident to be told and the traps not to be, came {', '.join(wrong)} wrong"
        )


def _times(console: Console, steps: Steps) -> None:
    times = Table(title="Time per step", title_justify="left")
    times.add_column("step")
    times.add_column("seconds", justify="right")
    for title, seconds in steps.seconds.items():
        times.add_row(title, f"{seconds:.1f}")
    times.add_row("all", f"{sum(steps.seconds.values()):.1f}", style="bold")
    console.print(times)


def _where(console: Console, cloud: "LocalCloud", *, keep: bool) -> None:
    if keep:
        console.print("Where to look:")
        console.print(f"  the platform's posts {cloud.url('platform')}/")
        console.print(f"  people's review page {cloud.url('platform')}/review")
        console.print(f"  the Slack inbox {cloud.url('slack')}/")
    else:
        console.print(f"The Slack inbox was at {cloud.url('slack')}/; to look at it: make demo ARGS=--keep")
    console.print(f"The log of every service: {escape(str(cloud.root / 'logs'))}", soft_wrap=True)
