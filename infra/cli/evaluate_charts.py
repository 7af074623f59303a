"""The curves of `sekisho evaluate` as inline SVG: no script, no file besides the page."""

from collections.abc import Mapping, Sequence
from html import escape

from shared.spam.figures import Bin, Point

SIZE, LEFT, BOTTOM, TOP, RIGHT = 360, 44, 40, 10, 12
COLOURS = 6
"""How many the page's style names (.c0 to .c5); more detectors share them."""
type Line = Sequence[tuple[float, float]]


def precision_recall(curves: Mapping[str, Sequence[Point]]) -> str:
    """Precision over recall, stepped: between two points nothing is known to be better."""
    return _chart(
        "recall",
        "precision",
        {name: _thinned(_stepped(points)) for name, points in curves.items()},
        {},
    )


def reliability(bins: Mapping[str, Sequence[Bin]]) -> str:
    """What was true over what was said; on the diagonal both are the same."""
    lines = {name: [(one.said, one.true) for one in held] for name, held in bins.items()}
    shares = {name: [one.share for one in held] for name, held in bins.items()}
    return _chart("probability said", "share of violations", lines, shares)


def _stepped(points: Sequence[Point]) -> Line:
    corners = [(0.0, points[0].precision)]
    for point in points:
        corners += [(corners[-1][0], point.precision), (point.recall, point.precision)]
    return corners


def _thinned(line: Line) -> Line:
    """`line` without the corners nobody could see: those less than a quarter of a pixel from the last."""
    kept = [line[0]]
    for corner in line[1:-1]:
        if max(abs(corner[0] - kept[-1][0]), abs(corner[1] - kept[-1][1])) * SIZE >= 0.25:
            kept.append(corner)
    return [*kept, line[-1]]


def _chart(across: str, up: str, lines: Mapping[str, Line], shares: Mapping[str, Sequence[float]]) -> str:
    """Lines on a grid from 0 to 1; with `shares`, a dot at each corner whose area is its share."""
    parts = [
        f'<svg viewBox="0 0 {LEFT + SIZE + RIGHT} {TOP + SIZE + BOTTOM}" role="img" '
        f'aria-label="{escape(up)} over {escape(across)}">'
    ]
    for fifth in range(6):
        share = fifth / 5
        x, y = _place(share, share)
        parts.append(
            f'<path class="grid" d="M{x:g} {TOP}V{TOP + SIZE}M{LEFT} {y:g}H{LEFT + SIZE}"/>'
            f'<text x="{x:g}" y="{TOP + SIZE + 16}" text-anchor="middle">{share:g}</text>'
            f'<text x="{LEFT - 6}" y="{y + 4:g}" text-anchor="end">{share:g}</text>'
        )
    parts.append(
        f'<text x="{LEFT + SIZE / 2:g}" y="{TOP + SIZE + 34}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(11 {TOP + SIZE / 2:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>"
    )
    if shares:
        (left, low), (right, high) = _place(0, 0), _place(1, 1)
        parts.append(f'<path class="ideal" d="M{left:g} {low:g}L{right:g} {high:g}"/>')
    for number, (name, line) in enumerate(lines.items()):
        places = [_place(*corner) for corner in line]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(
            f'<path class="line c{number % COLOURS}" d="M{path}"><title>{escape(name)}</title></path>'
        )
        for (x, y), share in zip(places, shares.get(name, ()), strict=False):
            radius = 2 + 10 * share**0.5
            parts.append(f'<circle class="c{number % COLOURS}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
    return "".join([*parts, "</svg>"])


def _place(across: float, up: float) -> tuple[float, float]:
    return LEFT + across * SIZE, TOP + (1 - up) * SIZE
