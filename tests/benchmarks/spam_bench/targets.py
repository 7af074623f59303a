"""Targets: what was promised, what was measured, and whether it holds; told at once and again at the end."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table


@dataclass(frozen=True)
class Target:
    """A number that must be at least `least` and at most `most`; `form` is how people read it."""

    part: str
    what: str
    measured: float
    least: float | None = None
    most: float | None = None
    form: str = ".3f"

    @property
    def holds(self) -> bool:
        """Whether it is within its bounds. What is no number is not."""
        above = self.least is None or self.measured >= self.least
        below = self.most is None or self.measured <= self.most
        return above and below and self.measured == self.measured

    @property
    def wanted(self) -> str:
        """The bounds, in words."""
        if self.least is not None and self.most is not None:
            return f"{self.least:{self.form}} to {self.most:{self.form}}"
        return f"≥ {self.least:{self.form}}" if self.most is None else f"≤ {self.most:{self.form}}"

    @property
    def came(self) -> str:
        """What was measured."""
        return f"{self.measured:{self.form}}"


class Board:
    """What is told of a run: steps as they begin, tables, and every target as it is measured."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.targets: list[Target] = []
        self.skipped: list[str] = []
        self._began = time.monotonic()

    def step(self, what: str) -> None:
        """Says what begins now."""
        self.console.print(f"{time.monotonic() - self._began:6.0f} s  {what}", style="dim", soft_wrap=True)

    def skip(self, what: str) -> None:
        """Says what can't be measured here, and why."""
        self.skipped.append(what)
        self.console.print(f"skipped: {what}", soft_wrap=True)

    def hold(
        self,
        part: str,
        what: str,
        measured: float,
        least: float | None = None,
        most: float | None = None,
        form: str = ".3f",
    ) -> None:
        """Holds a measured number against its bounds."""
        target = Target(part, what, measured, least, most, form)
        self.targets.append(target)
        told = "holds" if target.holds else "MISSED"
        self.console.print(
            f"  {told:6}  {target.what}: wanted {target.wanted}, came {target.came}", soft_wrap=True
        )

    @contextmanager
    def advancing(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar for long work; gives what is called with how much more is done."""
        self.step(f"{what} …")
        bar = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        with bar:
            task = bar.add_task(what, total=total)
            yield lambda more: bar.advance(task, more)

    def summary(self) -> Table:
        """Every target of the run."""
        table = Table(title="Targets", title_justify="left")
        for name, justify in (("part", "left"), ("target", "left"), ("wanted", "right"), ("came", "right")):
            table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
        table.add_column("")
        for target in self.targets:
            told = "holds" if target.holds else "MISSED"
            table.add_row(target.part, target.what, target.wanted, target.came, told)
        return table

    @property
    def missed(self) -> list[Target]:
        """The targets that don't hold."""
        return [target for target in self.targets if not target.holds]


def run_parts(name: str, description: str, parts: Mapping[str, Callable[..., None]]) -> int:
    """Measures the parts asked for, prints what came and gives the exit code: 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--only", choices=parts, action="append", help="this part; more than once for several"
    )
    parser.add_argument("--short", action="store_true", help="a part of the work; fails for nothing")
    told = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    board = Board(console)
    for part in told.only or parts:
        console.rule(part, align="left")
        parts[part](board, short=told.short)
    console.print(board.summary())
    for skipped in board.skipped:
        console.print(f"skipped: {skipped}", soft_wrap=True)
    for target in board.missed:
        console.print(
            f"{name}: {target.part}: {target.what}: wanted {target.wanted}, came {target.came}",
            soft_wrap=True,
        )
    return 1 if board.missed and not told.short else 0
