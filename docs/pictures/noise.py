"""Draws noise.svg of docs/bands.md: the noisier a KPI, the fewer of its faults are seen.

By what backtests found on the same files, one sensitivity each:

    mkdir -p dist/noise
    for n in 2 6 26; do for f in web_visitors:US power_demand_tokyo:JP bike_rentals:US; do
      sekisho backtest ../shared/data/series/${f%:*}.csv --country ${f#*:} --inject \
        --sensitivity $n --detectors prophet --json dist/noise/${f%:*}-$n.json
    done; done
    .venv/bin/python docs/pictures/noise.py dist/noise/*.json

It prints the numbers, too. Any files of yours do as well: a dot is a KPI.
"""

import json
import sys
from pathlib import Path

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 700, 56, 320
COLORS = ("#8fb3dc", "#2f76c4", "#d08a1c")
STYLE = """
text { font: 14px sans-serif; fill: #22252a }
.rule { stroke: #d8dbdf } .join { stroke: #a5abb3 } .quiet { fill: #5d636b }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e8eb } .rule { stroke: #3a3f47 } .join { stroke: #6d747d } .quiet { fill: #a5abb3 }
}
""".strip()

type Seen = dict[str, dict[float, tuple[float, float]]]
"""By KPI and sensitivity: how far off forecasts were, and the share of drops that were seen."""


def read(paths: list[Path]) -> Seen:
    """What the backtests found of every KPI."""
    found: Seen = {}
    for path in paths:
        told = json.loads(path.read_text("utf-8"))
        sensitivity = float(told["series"]["sensitivity"])
        for kpi, one in told["kpis"].items():
            if one["detected"]["drop"] is not None:
                name = f"{Path(told['series']['file']).stem} {kpi}"
                found.setdefault(name, {})[sensitivity] = (one["wape"], one["detected"]["drop"])
    return found


def drawn(seen: Seen) -> str:
    """The picture: how far off to the right, drops seen to the top, a colour per sensitivity."""
    most = max(off for one in seen.values() for off, _ in one.values()) * 1.08

    def x(off: float) -> float:
        return LEFT + (RIGHT - LEFT) * off / most

    def y(share: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * share

    parts = []
    for tenths in range(0, 11, 2):
        at = y(tenths / 10)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="quiet" x="{LEFT - 8}" y="{at + 5:.1f}" text-anchor="end">{tenths}</text>')
    for percent in range(0, int(100 * most) + 1, 5):
        at = x(percent / 100)
        parts.append(
            f'<text class="quiet" x="{at:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{percent} %</text>'
        )
    for one in seen.values():
        places = [(x(off), y(share)) for off, share in one.values()]
        middle = sum(at for at, _ in places) / len(places)
        low, high = min(at for _, at in places), max(at for _, at in places)
        parts.append(
            f'<line class="join" x1="{middle:.1f}" x2="{middle:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
        )
    sensitivities = sorted({each for one in seen.values() for each in one})
    colors = dict(zip(sensitivities, COLORS, strict=False))
    for one in seen.values():
        middle = sum(x(off) for off, _ in one.values()) / len(one)
        for sensitivity, (_, share) in sorted(one.items()):
            parts.append(
                f'<circle cx="{middle:.1f}" cy="{y(share):.1f}" r="5.5" fill="{colors[sensitivity]}"/>'
            )
    at = float(LEFT)
    for sensitivity, color in colors.items():
        parts.append(f'<circle cx="{at + 6:.0f}" cy="31" r="5.5" fill="{color}"/>')
        parts.append(f'<text x="{at + 17:.0f}" y="36">sensitivity {sensitivity:g}</text>')
        at += 132
    parts.append(
        f'<text x="{RIGHT}" y="{BOTTOM + 46}" text-anchor="end">'
        "how far off the next day's forecast usually is →</text>"
    )
    parts.append('<text x="8" y="14">of 10 drops by 30 %, so many are seen</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">\n'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def main() -> None:
    """Prints the numbers and writes the picture beside this file."""
    seen = read([Path(each) for each in sys.argv[1:]])
    if not seen:
        sys.exit("noise.py: expected JSON files of `sekisho backtest --inject`, came none with faults")
    ordered = dict(sorted(seen.items(), key=lambda each: min(off for off, _ in each[1].values())))
    for kpi, one in ordered.items():
        shares = ", ".join(f"at {each:g}: {share:.0%}" for each, (_, share) in sorted(one.items()))
        off = min(off for off, _ in one.values())
        sys.stdout.write(f"{kpi:40} off by {off:6.1%}   drops seen {shares}\n")
    Path(__file__).with_suffix(".svg").write_text(drawn(ordered), "utf-8")


if __name__ == "__main__":
    main()
