"""The page of `sekisho backtest --html`: one file, no script, loads nothing, readable in light and dark."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from infra.cli import backtest_charts
from infra.cli.backtest_charts import coverage_chart, curve_chart, kpi_chart
from infra.cli.backtest_table import FAULTS, figure_lines, number, percent, plain, what
from infra.cli.page_table import html_table
from shared.kpi.backtest.scoring import Scored

MOST_LISTED = 40
"""Alerts of a KPI in the list below its chart."""
STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfb; --faint: #5f6772; --rule: #dfe2e5;
  --band: #3b82f6; --alarm: #d92d20; --drift: #b45309; --known: #a16207;
  --c0: #1d4ed8; --c1: #b45309; --c2: #047857; --c3: #a21caf; --c4: #b91c1c; --c5: #4d7c0f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #15181b; --faint: #9aa3ad;
  --rule: #333940; --band: #60a5fa; --alarm: #ff6b5e; --drift: #fbbf24; --known: #facc15;
  --c0: #60a5fa; --c1: #fbbf24; --c2: #34d399; --c3: #e879f9; --c4: #f87171; --c5: #a3e635 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 64rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin: 2.4rem 0 .2rem }
p, figcaption, summary { color: var(--faint); margin: .3rem 0 }
.lead { color: var(--ink); font-size: 1.05rem } .wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0 }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } th { font-weight: 600 }
.pair { display: flex; flex-wrap: wrap; gap: 1.5rem }
figure { margin: 1rem 0 0; flex: 1 1 22rem; max-width: 36rem }
svg { width: 100%; height: auto; display: block } svg.kpi { min-width: 40rem }
svg text { font-size: 12px; fill: var(--faint) }
.grid { stroke: var(--rule); fill: none } .band { fill: var(--band); fill-opacity: .18 }
.expected { fill: none; stroke: var(--band); stroke-width: 1.2; stroke-opacity: .8 }
.came { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round }
.alarm { fill: var(--alarm); stroke: var(--paper); stroke-width: 1.5 }
.drift { fill: var(--drift); stroke: var(--paper); stroke-width: 1.5 }
.known { fill: var(--known); fill-opacity: .22 } svg .gap { fill: var(--alarm); font-weight: 700 }
.said { stroke-dasharray: 4 3; stroke-width: 1.5 } .line { fill: none; stroke-width: 2 }
svg .name { fill: var(--ink) }
.key::before { content: "\\25A0\\A0" } .key.band-key::before { color: var(--band) }
.key.alarm-key::before { content: "\\25CF\\A0"; color: var(--alarm) }
.key.drift-key::before { content: "\\25B2\\A0"; color: var(--drift) }
.key.known-key::before { color: var(--known) }
""" + "".join(
    f".c{each} {{ stroke: var(--c{each}) }} circle.c{each} {{ fill: var(--c{each}); stroke: none }} "
    f".key.c{each}::before {{ color: var(--c{each}) }}\n"
    for each in range(backtest_charts.COLOURS)
)


def page(found: Mapping[str, Any], scored: Mapping[str, Sequence[Scored]], told: str) -> str:
    """The whole page of the JSON `found` and the walks it is made of. `told` says how it was judged."""
    series, entries = found["series"], found["detectors"]
    main = series["detector"]
    has_labels = any(one["labelled"] for one in entries.values())
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Backtest of {escape(series['file'])}</title><style>{STYLE}</style></head><body>"
        f"<h1>Backtest of {escape(series['file'])}</h1><p>{escape(told)}</p>",
        f'<p class="lead">{escape(_lead(entries[main], main, len(found["kpis"])))}</p>',
        "<h2>Detectors</h2><p>All KPIs together; alerts are per KPI and week. Every detector judged the same "
        f"days{_faults_told(entries[main])}.</p>",
        html_table(("", *entries), figure_lines(entries)),
        '<div class="pair"><figure>',
        coverage_chart(entries),
        '<figcaption>Is the band as wide as it says? <span class="key c0">of the 95 % band</span> '
        '<span class="key c1">of the 99 % band</span>: the dot is the share of days it covered, the dashed '
        "line what it says. Left of its line a band is too narrow, and tells of days that were ordinary."
        "</figcaption></figure>",
    ]
    if any("limits" in one for one in entries.values()):
        names = " ".join(
            f'<span class="key c{place % backtest_charts.COLOURS}">{escape(name)}</span>'
            for place, name in enumerate(entries)
        )
        parts += [
            "<figure>",
            curve_chart(entries),
            f"<figcaption>{names}<br>Faults of one day that are found (mean of drop, rise and zero) for the "
            "false alarms they cost, at every width of the band; the dot is the band's own. Higher and "
            "further left is better.</figcaption></figure>",
        ]
    parts += [
        "</div><h2>KPIs</h2>",
        f'<p>By {escape(main)}. <span class="key">what came</span> &ensp;'
        '<span class="key band-key">where it was expected</span> &ensp;'
        '<span class="key alarm-key">a day that is told</span> &ensp;'
        '<span class="key drift-key">a drift that is told</span>'
        + (' &ensp;<span class="key known-key">known to be anomalous</span>' if has_labels else "")
        + "</p>",
    ]
    for one in scored[main]:
        parts += _kpi(one, found["kpis"][one.track.kpi])
    return "".join([*parts, "</body></html>\n"])


def _lead(entry: Mapping[str, Any], name: str, kpis: int) -> str:
    """What came of it in a few sentences."""
    weeks = entry["days"] / 7 / kpis
    alerts = len(entry["alerts"])
    of = f"{kpis} KPIs" if kpis > 1 else "one KPI"
    if not entry["days"]:
        return f"{name} could judge none of these days."
    said = [
        f"In {weeks:.0f} weeks {name} would have told you of {alerts} thing{'s' * (alerts != 1)} in {of}: "
        f"{number(entry['alerts_per_week'])} per KPI and week.",
        f"Its 99 % band covered {percent(entry['coverage']['0.99'], 1)} of the days.",
    ]
    if entry["faults"]["days"]:
        found = entry["detected"]
        said.append(
            f"Of days we made 30 % lower it found {percent(found['drop'])}, 50 % higher "
            f"{percent(found['spike'])}, of days set to 0 {percent(found['zero'])}."
        )
    return " ".join(said)


def _faults_told(entry: Mapping[str, Any]) -> str:
    """What was put on the days, where something was."""
    if not entry["faults"]["days"]:
        return ""
    return (
        " and had the same faults put on them: one day 30 % lower, 50 % higher or 0; a level 20 % lower from "
        "a day on, to be found in 7 days; a drift to 30 % lower in 14; a day that does not come. “False at "
        "same finds” are the false alarms of a band just wide enough to find what the textbook’s does"
    )


def _kpi(scored: Scored, entry: Mapping[str, Any]) -> Iterator[str]:
    """One KPI: the chart, its figures and the list of what was told."""
    coverage = entry["coverage"]["0.99"]
    facts = [
        f"{entry['days']:,} days judged",
        f"99 % band covered {percent(coverage, 1)}",
        f"off by {percent(entry['wape'], 1)}",
        f"{number(entry['alerts_per_week'])} alerts a week",
    ]
    if entry["missing"]["days"]:
        facts.append(f"{entry['missing']['days']} days without a value, {entry['missing']['found']} told")
    if entry["unjudged"].get("too_little_history"):
        facts.append(f"{entry['unjudged']['too_little_history']} days with too little history")
    if entry["faults"]["days"]:
        found = entry["detected"]
        shares = [
            f"{fault.split('_')[0]} {percent(found[fault])}" for fault in FAULTS if found[fault] is not None
        ]
        facts.append(f"found: {', '.join(shares)}")
    yield f"<h2>{escape(scored.track.kpi)}</h2><p>{escape('; '.join(facts))}</p>"
    yield f'<div class="wide">{kpi_chart(scored)}</div>'
    alerts = entry["alerts"]
    if not alerts:
        yield "<p>Nothing would have been told.</p>"
        return
    rows = [_row(alert) for alert in alerts[:MOST_LISTED]]
    more = f" (the first {MOST_LISTED})" if len(alerts) > MOST_LISTED else ""
    columns = ("day", "what", "came", "expected", "band", "how far")
    said = f"{len(alerts)} alert{'s' * (len(alerts) != 1)}"
    is_open = " open" if len(alerts) <= 8 else ""
    yield f"<details{is_open}><summary>{said}{more}</summary>{html_table(columns, rows)}</details>"


def _row(alert: Mapping[str, Any]) -> tuple[str, list[str]]:
    day = date.fromisoformat(alert["date"])
    numbers = [plain(alert[key]) for key in ("actual", "expected")]
    band = f"{plain(alert['lower'])} – {plain(alert['upper'])}"
    return f"{day:%a} {day}", [what(alert), *numbers, band, f"{alert['score']:.2f} × the limit"]
