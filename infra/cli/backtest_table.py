"""The figures of `sekisho backtest` as a terminal shows them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rich.markup import escape
from rich.table import Table

MOST_ALERTS = 20
FAULTS = {
    "drop": "day -30 %",
    "spike": "day +50 %",
    "zero": "day of 0",
    "shift_by_day_7": "shift by day 7",
    "drift_by_day_14": "drift by day 14",
    "missing_day": "missing day",
}


def kpis_table(found: Mapping[str, Any]) -> Table:
    """The default detector, KPI by KPI."""
    detector = found["series"]["detector"]
    columns = ("KPI", "days", "in 95 %", "in 99 %", "off by", "alerts", "a week")
    table = Table(title=f"{detector}, by KPI", title_justify="left")
    _columns(table, columns)
    for kpi, entry in found["kpis"].items():
        table.add_row(escape(kpi), *_cells(entry))
    return table


def alerts_table(found: Mapping[str, Any]) -> Table | None:
    """What the default detector would have told of, the newest last; None: nothing."""
    alerts = [(kpi, one) for kpi, entry in found["kpis"].items() for one in entry["alerts"]]
    if not alerts:
        return None
    alerts.sort(key=lambda each: each[1]["date"])
    more = f", the last {MOST_ALERTS} of {len(alerts)}" if len(alerts) > MOST_ALERTS else ""
    table = Table(title=f"what {found['series']['detector']} would have told{more}", title_justify="left")
    for place, name in enumerate(("day", "KPI", "", "came", "expected", "band")):
        table.add_column(
            name, justify="left" if place < 3 else "right", overflow="fold", no_wrap=name == "band"
        )
    for kpi, one in alerts[-MOST_ALERTS:]:
        band = f"{plain(one['lower'])} – {plain(one['upper'])}"
        table.add_row(one["date"], escape(kpi), what(one), plain(one["actual"]), plain(one["expected"]), band)
    return table


def what(alert: Mapping[str, Any]) -> str:
    """What is told of a day, in a word or two."""
    way = str(alert["direction"])
    said = f"{way} since {date.fromisoformat(alert['since']):%-d %b}" if "since" in alert else way
    return f"{said}, known" if alert.get("labelled") else said


def detectors_table(found: Mapping[str, Any]) -> Table:
    """All detectors, one a column: there are more figures than a terminal is wide."""
    table = Table(title="detectors, all KPIs together; alerts per KPI", title_justify="left")
    # Five names side by side leave an 80 wide terminal nothing for what the figures are.
    _columns(table, ("", *(name.replace("_", "_\n") for name in found["detectors"])))
    for title, cells in figure_lines(found["detectors"]):
        table.add_row(title, *cells)
    return table


def figure_lines(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """(what it is, its value for every detector), as the table and the page show them."""
    some = list(entries.values())
    yield "days judged", [f"{one['days']:,}" for one in some]
    for level in some[0]["coverage"]:
        yield f"{100 * float(level):.0f} % band covers", [percent(one["coverage"][level], 1) for one in some]
    yield "off by (WAPE)", [percent(one["wape"], 1) for one in some]
    yield "alerts a week", [number(one["alerts_per_week"]) for one in some]
    yield "false ones of these", [number(one["false_alarms_per_week"]) for one in some]
    if any(one["labelled"] for one in some):
        yield "labelled days found", [percent((one["labelled"] or {}).get("recall")) for one in some]
        yield "alerts on labelled days", [percent((one["labelled"] or {}).get("precision")) for one in some]
    if any(one["faults"]["days"] for one in some):
        for fault, title in FAULTS.items():
            yield f"finds {title}", [percent(one["detected"][fault]) for one in some]
    if any("at_textbook_detection" in one for one in some):
        moved = [one.get("at_textbook_detection", {}) for one in some]
        yield (
            "false at same finds",
            [number(one.get("false_alarms_per_week")) for one in moved],
        )
    yield "CPU seconds", [f"{one['cpu_seconds']:.1f}" for one in some]


def _cells(entry: Mapping[str, Any]) -> list[str]:
    return [
        f"{entry['days']:,}",
        *(percent(share, 1) for share in entry["coverage"].values()),
        percent(entry["wape"], 1),
        f"{len(entry['alerts'])}",
        number(entry["alerts_per_week"]),
    ]


def _columns(table: Table, names: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place else "left", overflow="fold")


def percent(share: float | None, digits: int = 0) -> str:
    """A share as people read it."""
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def plain(value: float) -> str:
    """An amount as people read it: what is after the point says little of large ones."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"


def number(value: float | None) -> str:
    """A rate as people read it."""
    return "-" if value is None else f"{value:.2f}"
