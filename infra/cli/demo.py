"""sekisho demo: the whole way of a post, on this machine, with production code."""

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
    from infra.local.demo import Announced, Demo

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
    """Train, judge, take down, overturn and retrain on the local cloud; then the same on real text."""
    from infra.cli.up import StopAsked, cloud_started, keep_up, show, signals_stop  # noqa: PLC0415 - only needed here
    from infra.local.cloud import LocalCloud  # noqa: PLC0415
    from infra.local.demo import Demo  # noqa: PLC0415
    from infra.local.sample.posts import SampleSizes  # noqa: PLC0415
    from shared.spam.verdicts import Mode  # noqa: PLC0415

    console = Console(highlight=False)
    steps = Steps(console)
    now = datetime.now(UTC)
    sizes = SampleSizes()
    cloud = LocalCloud(DEMO_ROOT, mode=Mode.AUTO, fresh=True, overrides={"SEKISHO_JUDGING_DAYS": "1"})
    played = False
    try:
        with signals_stop(), ExitStack() as running:
            with steps.step("start the local cloud"):
                running.enter_context(cloud_started(console, cloud))
            _play(console, steps, Demo(cloud, sizes, now), most_files=2 if short else 5, keep=keep)
            played = True
            if keep:
                show(console, cloud.state)
                console.print("Everything stays up. Ctrl-C stops it.")
                keep_up(cloud)
    except StopAsked:
        console.print("The local cloud is stopped.")
        if not played:
            raise typer.Exit(130) from None


def _play(console: Console, steps: Steps, run: "Demo", most_files: int, *, keep: bool) -> None:
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
    console.rule("What came of it")
    console.print(figures_table(trained["figures"]))
    _summary(console, run, steps, keep=keep)


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


def _summary(console: Console, run: "Demo", steps: Steps, *, keep: bool) -> None:
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
    times = Table(title="Time per step", title_justify="left")
    times.add_column("step")
    times.add_column("seconds", justify="right")
    for title, seconds in steps.seconds.items():
        times.add_row(title, f"{seconds:.1f}")
    times.add_row("all", f"{sum(steps.seconds.values()):.1f}", style="bold")
    console.print(times)
    cloud = run.cloud
    if keep:
        console.print("Where to look:")
        console.print(f"  the platform's posts {cloud.url('platform')}/")
        console.print(f"  people's review page {cloud.url('platform')}/review")
        console.print(f"  the Slack inbox {cloud.url('slack')}/")
    else:
        console.print("To look at its pages: make demo ARGS=--keep, which leaves everything up.")
    console.print(f"The log of every service: {escape(str(cloud.root / 'logs'))}", soft_wrap=True)
