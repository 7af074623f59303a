"""The page of `sekisho evaluate --html`: one file, no script, readable in light and dark.

It shows the text of posts judged wrongly, because whoever asked for the page has the posts. All of it is
escaped, and a browser is told to load nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from infra.cli import evaluate_charts
from infra.cli.evaluate_remarks import remarks
from infra.cli.evaluate_rows import Arena
from infra.cli.evaluate_table import balanced_title, confusion_cells, figure_lines
from infra.cli.page_table import html_table
from infra.cli.posts_csv import UNDATED
from shared.spam.arena.contest import Mistake, Outcome, worst
from shared.spam.arena.standings import Part, bins_of, by_class, by_week, curve_of
from shared.spam.figures import Confusion, confusion
from shared.spam.labels import LabelledPost

SHOWN_TEXT = 600
"""Characters of a wrongly judged post's body."""
STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fcfcfb; --faint: #6b7280; --rule: #d9dcdf;
  --c0: #b45309; --c1: #1d4ed8; --c2: #047857; --c3: #a21caf; --c4: #b91c1c; --c5: #4d7c0f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --paper: #15181b; --faint: #9aa3ad;
  --rule: #363c42;
  --c0: #fbbf24; --c1: #60a5fa; --c2: #34d399; --c3: #e879f9; --c4: #f87171; --c5: #a3e635 } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem } h3 { font-size: 1rem }
p, figcaption { color: var(--faint) } .wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--rule); text-align: right }
th:first-child, td:first-child { text-align: left; white-space: nowrap } th { font-weight: 600 }
.curves { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0; flex: 1 1 20rem; max-width: 30rem }
svg { width: 100%; height: auto } svg text { font-size: 12px; fill: var(--faint) }
.grid { stroke: var(--rule) } .ideal { stroke: var(--faint); stroke-dasharray: 4 4 }
.line { fill: none; stroke-width: 2 } circle { fill-opacity: .35 } .key::before { content: "\\25A0 " }
.post { border-left: 3px solid var(--rule); padding-left: .8rem; margin: 1rem 0; overflow-wrap: anywhere }
.post pre { white-space: pre-wrap; font: inherit; margin: .3rem 0 } .post p { margin: 0 }
""" + "".join(
    f".c{number} {{ stroke: var(--c{number}) }} circle.c{number} {{ fill: var(--c{number}) }} "
    f".key.c{number} {{ color: var(--c{number}) }}\n"
    for number in range(evaluate_charts.COLOURS)
)


def page(
    arena: Arena,
    outcomes: Mapping[str, Outcome],
    entries: Mapping[str, Mapping[str, Any]],
    counted: Mapping[str, Confusion],
    balanced: int | None,
) -> str:
    """The whole page. `counted` is what became of the talk's drawn posts, where `balanced` were asked for."""
    posts, rate = arena.posts, arena.base_rate
    curves = {name: curve_of(one.marks, posts, rate) for name, one in outcomes.items()}
    bins = {name: bins_of(one.marks, posts, rate) for name, one in outcomes.items()}
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Detectors measured</title><style>{STYLE}</style></head><body><h1>Detectors measured</h1>",
        html_table(
            ("rows", ""), [(key.replace("_", " "), [_plain(value)]) for key, value in arena.rows.items()]
        ),
        "<h2>Figures</h2>",
        html_table(("", *entries), figure_lines(entries)),
        *(f"<p>{escape(remark)}</p>" for remark in remarks(outcomes, arena.rows)),
        f'<h2>Curves</h2><p>{_key(outcomes)}</p><div class="curves"><figure>',
        evaluate_charts.precision_recall(curves),
        "<figcaption>Precision and recall at every threshold, at the base rate.</figcaption></figure>",
        "<figure>",
        evaluate_charts.reliability(bins),
        "<figcaption>Of the posts said to be violations with this probability, how many are: "
        "the larger the dot, the more. On the dashed line what is said is true.</figcaption></figure></div>",
        "<h2>Confusion</h2><p>All examined posts, at the thresholds chosen without them. These shares are "
        "the rows' own, not the base rate's.</p>",
        _confusions({name: _all(one, posts) for name, one in outcomes.items()}),
    ]
    if balanced is not None:
        title = balanced_title(next(iter(counted.values())), balanced)
        parts += [f"<h3>{escape(title)}</h3>", _confusions(counted)]
    parts += _split(
        "class", {name: by_class(one.marks, posts) for name, one in outcomes.items()}, ("recall",)
    )
    if all(posts[mark.place].post.posted_at != UNDATED for one in outcomes.values() for mark in one.marks):
        weeks = {name: by_week(one.marks, posts) for name, one in outcomes.items()}
        parts += _split("week", weeks, ("precision", "recall"))
    for name, one in outcomes.items():
        parts += _mistakes(name, one, posts)
    return "".join([*parts, "</body></html>\n"])


def _all(outcome: Outcome, posts: Sequence[LabelledPost]) -> Confusion:
    return confusion([(mark.is_flagged, posts[mark.place].is_violation) for mark in outcome.marks])


def _confusions(counted: Mapping[str, Confusion]) -> str:
    columns = ("method", "found", "missed", "wrongly flagged", "left", "precision", "recall", "F")
    return html_table(columns, [(name, confusion_cells(one)) for name, one in counted.items()])


def _split(what: str, parts: Mapping[str, Sequence[Part]], figures: Sequence[str]) -> list[str]:
    """Every detector's figures per class or week: one row a part."""
    first = next(iter(parts.values()))
    columns = [what, "posts", "violations", *(f"{name}: {figure}" for name in parts for figure in figures)]
    rows = []
    for number, part in enumerate(first):
        counts = part.counts
        violations = counts.found + counts.missed
        cells = [f"{violations + counts.wrong + counts.left:,}", f"{violations:,}"]
        for held in parts.values():
            shares = [getattr(held[number].counts, figure) for figure in figures]
            cells += ["-" if share is None else f"{share:.3f}" for share in shares]
        rows.append((part.name, cells))
    return [f"<h2>Per {what}</h2>", html_table(columns, rows)]


def _mistakes(name: str, outcome: Outcome, posts: Sequence[LabelledPost]) -> list[str]:
    by_place = {one.mark.place: one for one in outcome.mistakes}
    shown = [by_place[mark.place] for mark in worst([one.mark for one in outcome.mistakes], posts)]
    parts = [f"<h2>Worst mistakes of {escape(name)}</h2>"]
    for title, are_flagged in (("Ordinary posts it flagged", True), ("Violations it left", False)):
        some = [_mistake(one, posts[one.mark.place]) for one in shown if one.mark.is_flagged == are_flagged]
        parts += [f"<h3>{title}</h3>", *(some or ["<p>none</p>"])]
    return parts


def _mistake(mistake: Mistake, one: LabelledPost) -> str:
    body = one.post.body[:SHOWN_TEXT] + ("…" if len(one.post.body) > SHOWN_TEXT else "")
    reasons = ", ".join(f"{reason.token} {reason.weight:+.2f}" for reason in mistake.reasons)
    of_class = f", {one.violation_class}" if one.violation_class else ""
    return (
        f'<div class="post"><p><b>{escape(one.post.post_id)}</b>, labelled {one.answer.value}'
        f"{escape(of_class)}, probability {mistake.mark.probability:.3f}</p>"
        f"<pre><b>{escape(one.post.title)}</b>\n{escape(body)}</pre>"
        f"<p>reasons: {escape(reasons) or 'none'}</p></div>"
    )


def _key(names: Iterable[str]) -> str:
    return " ".join(
        f'<span class="key c{number % evaluate_charts.COLOURS}">{escape(name)}</span>'
        for number, name in enumerate(names)
    )


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "-"
    return f"{value:,}" if isinstance(value, int) else f"{value}"
