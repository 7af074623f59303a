"""Benchmark targets: what a measured number is held against, and what is told of it."""

import io

import pytest
from rich.console import Console

from tests.benchmarks.spam_bench.targets import Board, Target


@pytest.mark.parametrize(
    ("measured", "least", "most", "holds"),
    [
        (6.0, 6.0, None, True),
        (5.999, 6.0, None, False),
        (0.25, None, 0.25, True),
        (0.251, None, 0.25, False),
        (0.87, 0.87, 0.93, True),
        (0.931, 0.87, 0.93, False),
        (0.869, 0.87, 0.93, False),
        (float("nan"), 0.0, None, False),
        (float("nan"), None, 1.0, False),
        (float("inf"), 1.0, None, True),
    ],
)
def test_a_target_holds_within_its_bounds_and_never_for_what_is_no_number(
    measured: float, least: float | None, most: float | None, holds: bool
) -> None:
    assert Target("part", "what", measured, least, most).holds is holds


def test_every_missed_target_is_told_at_once_and_at_the_end() -> None:
    said = io.StringIO()
    board = Board(Console(file=said, width=120))
    board.hold("speed", "judging", 5.0, least=6, form=".2f")
    board.hold("quality", "precision", 0.9, least=0.87, most=0.93)
    assert "MISSED  judging: wanted ≥ 6.00, came 5.00" in said.getvalue()
    assert "holds   precision: wanted 0.870 to 0.930, came 0.900" in said.getvalue()
    assert [target.what for target in board.missed] == ["judging"]
    board.console.print(board.summary())
    assert said.getvalue().count("MISSED") == 2


def test_what_can_not_be_measured_is_told_and_no_target_of_the_run() -> None:
    said = io.StringIO()
    board = Board(Console(file=said, width=120))
    board.skip("bogofilter: not installed")
    assert said.getvalue() == "skipped: bogofilter: not installed\n"
    assert (board.targets, board.skipped) == ([], ["bogofilter: not installed"])
