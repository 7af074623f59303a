"""The figures of `sekisho evaluate` as a terminal shows them."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from shared.spam.figures import Confusion


def figures_table(entries: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Any]) -> Table:
    """Every detector's figures, one a column: there are more figures than a terminal is wide."""
    table = Table(
        title=f"at {percent(rows['base_rate'])} violations; thresholds aim at precision "
        f"{rows['min_precision']:g}",
        title_justify="left",
    )
    table.add_column("")
    for name in entries:
        table.add_column(name, justify="right", overflow="fold")
    for title, values in figure_lines(entries):
        table.add_row(title, *values)
    return table


def percent(share: float) -> str:
    """A share in percent, however small it is."""
    return f"{share * 100:.3g}%"


def figure_lines(entries: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """(what it is, its value for every detector), as the table and the page show them."""
    some = next(iter(entries.values()))
    lines = [("average precision", [f"{one['average_precision']:.3f}" for one in entries.values()])]
    lines += [
        (f"recall at precision {at}", [f"{one['recall_at_precision'][at]:.3f}" for one in entries.values()])
        for at in some["recall_at_precision"]
    ]
    lines.append(("best F1", [f"{one['best_f1']:.3f}" for one in entries.values()]))
    for key, title in (
        ("threshold", "threshold, chosen unseen"),
        ("precision", "precision there"),
        ("recall", "recall there"),
        ("f1", "F1 there"),
        ("calibration_error", "calibration error"),
    ):
        lines.append((title, ["-" if one[key] is None else f"{one[key]:.3f}" for one in entries.values()]))
    found = [one["thresholds_found"] for one in entries.values()]
    if any(one["found"] < one["rounds"] for one in found):  # the others flagged nothing
        lines.append(
            ("rounds that found a threshold", [f"{one['found']} of {one['rounds']}" for one in found])
        )
    return [
        *lines,
        ("training, seconds", [f"{one['train_seconds']:.2f}" for one in entries.values()]),
        *(
            (f"judging, µs {part}", [f"{one['judge_microseconds'][part]:,.0f}" for one in entries.values()])
            for part in some["judge_microseconds"]
        ),
        ("model, bytes", [f"{one['model_bytes']:,}" for one in entries.values()]),
    ]


def confusion_table(counted: Mapping[str, Confusion], asked: int) -> Table:
    """The talk's table, of as many violating and ordinary posts as were asked for or are there."""
    some = next(iter(counted.values()))
    table = Table(title=balanced_title(some, asked), title_justify="left")
    table.add_column("")
    for column in ("found", "missed", "wrongly flagged", "left", "precision", "recall", "F"):
        table.add_column(column, justify="right")
    for name, counts in counted.items():
        table.add_row(name, *confusion_cells(counts))
    return table


def balanced_title(some: Confusion, asked: int) -> str:
    """How many posts of each kind were drawn, and that they were fewer than asked for where they were."""
    drawn = some.found + some.missed
    fewer = f" ({asked:,} were asked for: there are no more of one kind)" if drawn < asked else ""
    return f"{drawn:,} violating and {drawn:,} ordinary posts{fewer}"


def confusion_cells(counts: Confusion) -> list[str]:
    """Four counts and three figures."""
    shares = (counts.precision, counts.recall, counts.f1)
    return [
        *(f"{one:,}" for one in (counts.found, counts.missed, counts.wrong, counts.left)),
        *("-" if one is None else f"{one:.3f}" for one in shares),
    ]


def balanced_entry(counts: Confusion) -> dict[str, Any]:
    """The talk's figures for the JSON."""
    return {
        "violating": counts.found + counts.missed,
        "ordinary": counts.wrong + counts.left,
        "found": counts.found,
        "missed": counts.missed,
        "wrongly_flagged": counts.wrong,
        "left": counts.left,
        "precision": None if counts.precision is None else round(counts.precision, 4),
        "recall": None if counts.recall is None else round(counts.recall, 4),
        "f1": round(counts.f1, 4),
    }
