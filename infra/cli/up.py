"""sekisho up: the local cloud, kept up until it is stopped."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.local.cloud import DEFAULT_ROOT, EMULATORS, PROJECT, SERVICES, LocalCloud
from infra.local.functions import FUNCTIONS
from infra.local.state import AlreadyRunning, Claim, CloudState
from shared.spam.verdicts import Mode

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_ASKED = threading.Event()
"""Kept beside the exception, which is lost where a signal lands in one of Python's own hooks."""
SECONDS_FOR_THE_OTHER = 180.0
"""How long to wait for a cloud that somebody else is starting in the same folder."""

CALLED_BY_HAND = {
    "train_spam_model": "train",
    "judge_new_posts": "judge new posts",
    "check_kpis": "have KPI tables checked that are due",
    "send_summary": "send the daily summary",
}


class StopAsked(KeyboardInterrupt):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def up(
    fresh: Annotated[bool, typer.Option("--fresh", help="Wipe its data first.")] = False,
    mode: Annotated[
        Mode | None,
        typer.Option(help="How far verdicts may act.", show_default="as infra/moderation.yaml says"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Start just this service; repeat for more.")] = None,
    root: Annotated[
        Path, typer.Option(help="Folder of its data.", show_default=".local/cloud")
    ] = DEFAULT_ROOT,
) -> None:
    """Start the local cloud and keep it up until Ctrl-C; where it is up already, say what runs where."""
    console = Console()
    if running := CloudState.load(root):
        console.print("The local cloud is up already.")
        if fresh or only or (mode and mode != running.mode):
            console.print("It stays as it is: stop it first to start it otherwise.")
        return show(console, running)
    cloud = LocalCloud(root, mode=mode, fresh=fresh, only=only or SERVICES)
    try:
        with signals_stop(), cloud_started(console, cloud):
            show(console, cloud.state)
            console.print("Ctrl-C stops it.")
            keep_up(cloud)
    except AlreadyRunning:
        console.print("The local cloud is being started by somebody else.")
        show(console, await_other(root))
    except StopAsked:
        console.print("The local cloud is stopped; its data is kept.")
    return None


@contextmanager
def signals_stop() -> Iterator[None]:
    """Has Ctrl-C, SIGTERM and SIGHUP raise StopAsked, until stopping has begun."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        STOP_ASKED.set()
        raise StopAsked

    STOP_ASKED.clear()
    before = {each: signal.signal(each, ask) for each in STOP_SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def cloud_started(console: Console, cloud: LocalCloud) -> Iterator[None]:
    """Starts `cloud`, showing which services are ready; stops it on the way out."""
    columns = (SpinnerColumn(finished_text="[green]✓[/green]"), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        tasks = {name: progress.add_task(name, total=1) for name in cloud.services}
        try:
            cloud.start(on_ready=lambda name: progress.update(tasks[name], completed=1))
        except AlreadyRunning:
            for task in tasks.values():
                progress.update(task, visible=False)
            raise
    if "pubsub" in cloud.services and not cloud.has_google_pubsub:
        console.print("Without Google's Pub/Sub emulator here, Sekisho delivers push messages itself.")
    try:
        yield
    finally:
        for each in STOP_SIGNALS:  # stopping is not cut short
            signal.signal(each, signal.SIG_IGN)
        console.print("Stopping the local cloud …")
        cloud.stop()


def keep_up(cloud: LocalCloud) -> None:
    """Waits until it is to stop: StopAsked. Raises ProgramFailed where a service ends by itself."""
    while not STOP_ASKED.is_set():
        cloud.check_alive()
        time.sleep(0.5)
    raise StopAsked


def await_other(root: Path) -> CloudState:
    """The cloud somebody else is starting in `root`, once it is up, or AlreadyRunning."""
    deadline = time.monotonic() + SECONDS_FOR_THE_OTHER
    while (state := CloudState.load(root)) is None:
        if not Claim.is_held(root):
            raise AlreadyRunning(f"{root}: the local cloud that was there stopped; run `sekisho up` again")
        if time.monotonic() > deadline:
            raise AlreadyRunning(
                f"{root}: expected the local cloud there to be up within {SECONDS_FOR_THE_OTHER:g} s, "
                f"it is not; its logs are in {root / 'logs'}"
            )
        time.sleep(0.2)
    return state


def show(console: Console, state: CloudState) -> None:
    """What runs where: the pages first, then the functions, then the emulators."""
    urls = {name: service.url for name, service in state.services.items()}
    pages = {
        "platform, its posts": urls.get("platform", ""),
        "platform, review queue": urls["platform"] + "/review" if "platform" in urls else "",
        "Slack inbox": urls.get("slack", ""),
    }
    table = Table(title=f"The local cloud, mode {state.mode}", title_justify="left")
    table.add_column("what")
    table.add_column("where", overflow="fold")
    for what, url in pages.items():
        if url:
            table.add_row(f"[bold]{what}[/bold]", f"[bold]{url}[/bold]")
    table.add_section()
    for name in (*(function.name for function in FUNCTIONS), *EMULATORS):
        if name in urls:
            table.add_row(name, urls[name])
    console.print(table)
    line = partial(console.print, soft_wrap=True, highlight=False)
    for name, purpose in CALLED_BY_HAND.items():
        if name in urls:
            line(f"To {purpose}:  curl -X POST {urls[name]}")
    if "bigquery" in urls:
        variables = f"GOOGLE_CLOUD_PROJECT={PROJECT} BIGQUERY_EMULATOR_HOST={urls['bigquery']}"
        line(f"For other commands:  export {variables}")
    line("It holds what was put into it. One with posts, labels and a model: make demo ARGS=--keep")
