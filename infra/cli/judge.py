"""sekisho judge: try a trained filter on a CSV of posts."""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from infra.cli.model_folder import DEFAULT_FOLDER, folder, read_model

if TYPE_CHECKING:
    from shared.spam.verdicts import Verdict

COLOURS = {"take_down": "red", "review": "yellow", "leave": "green"}
SHOWN_REASONS = 5
MOST_SHOWN = 100
"""Posts a table shows unasked: nobody reads more, and 100,000 rows take a minute to draw."""


def judge(
    posts: Annotated[Path, typer.Argument(help="CSV: post_id,title,body")],
    model: Annotated[
        Path, typer.Option(parser=folder, help="folder of a trained model", show_default=".local/model")
    ] = DEFAULT_FOLDER,
    as_json: Annotated[
        bool, typer.Option("--json", help="print JSON instead of a table, of all posts")
    ] = False,
    top: Annotated[int | None, typer.Option(min=1, help="only the N most suspicious posts")] = None,
) -> None:
    """Judge the posts of a CSV with a trained filter, and say why.

    Of more than 100 posts the table shows the 100 most suspicious, unless --top or --json asks for others.
    """
    from infra.cli.posts_csv import read_posts  # noqa: PLC0415 - `sekisho --help` needs no MeCab
    from shared import settings  # noqa: PLC0415
    from shared.spam import judging  # noqa: PLC0415
    from shared.spam.detectors.learnt import LearntDetector  # noqa: PLC0415
    from shared.spam.tokens import Tokenizer  # noqa: PLC0415
    from shared.spam.verdicts import Mode  # noqa: PLC0415

    found = read_model(model)
    words = settings.words()
    detector = LearntDetector(found, Tokenizer(words.dictionary, words.user_dictionary))
    everything = list(read_posts(posts))
    now = datetime.now(UTC)
    errors = Console(stderr=True, highlight=False)
    start = time.perf_counter()
    verdicts = [
        judging.judge(post, detector, found.thresholds, Mode.AUTO, now)
        for post in track(
            everything,
            "judging",
            console=errors,
            transient=True,
            disable=len(everything) < 5_000 or not errors.is_terminal,
        )
    ]
    seconds = time.perf_counter() - start
    titled = [(verdict, post.title) for verdict, post in zip(verdicts, everything, strict=True)]
    most = top or (len(titled) if as_json else MOST_SHOWN)
    is_ranked = top is not None or len(titled) > most
    shown = sorted(titled, key=_suspicion, reverse=True)[:most] if is_ranked else titled
    if as_json:
        escaped = (
            not (sys.stdout.encoding or "").lower().startswith("utf")
        )  # rather \u7a3c than a lost letter
        print(json.dumps([_plain(verdict) for verdict, _ in shown], ensure_ascii=escaped, indent=1))
    else:
        Console(highlight=False).print(_table(shown))
    if top is None and len(shown) < len(titled):
        errors.print(
            f"the {len(shown):,} most suspicious are shown and {len(titled) - len(shown):,} left out: "
            "--top N or --json shows more"
        )
    counts = Counter(verdict.action.value for verdict in verdicts)
    summary = ", ".join(f"{counts[action]:,} {action}" for action in COLOURS)
    rate = f"{len(verdicts) / seconds:,.0f} posts/s" if verdicts else "no posts"
    errors.print(
        f"judged {len(verdicts):,} posts in {seconds:.2f} s ({rate}) with {found.version}: {summary}"
    )


def _suspicion(titled: "tuple[Verdict, str]") -> float:
    score = titled[0].score
    return 2.0 if score is None else score


def _plain(verdict: "Verdict") -> dict[str, object]:
    return {
        "post_id": verdict.post_id,
        "action": verdict.action.value,
        "score": None if verdict.score is None else round(verdict.score, 6),
        "violation_class": verdict.violation_class,
        "reasons": [
            {
                "token": reason.token,
                "weight": reason.weight,
                "places": [place._asdict() for place in reason.places],
            }
            for reason in verdict.reasons
        ],
        "note": verdict.note,
        "model_version": verdict.model_version,
    }


def printable(text: str) -> str:
    """`text` without the characters by which a post could steer the reader's terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _table(titled: "list[tuple[Verdict, str]]") -> Table:
    table = Table()
    table.add_column("post", max_width=28, overflow="fold")
    table.add_column("action", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("class", max_width=20)
    table.add_column("top reasons (weight)", ratio=1, overflow="fold")
    for verdict, whole_title in titled:
        colour = COLOURS[verdict.action.value]
        reasons = ", ".join(f"{one.token} {one.weight:+.2f}" for one in verdict.reasons[:SHOWN_REASONS])
        title = printable(whole_title)[:50]
        table.add_row(
            escape(printable(verdict.post_id)) + (f"\n[dim]{escape(title)}[/dim]" if title else ""),
            f"[{colour}]{verdict.action.value}[/{colour}]",
            "-" if verdict.score is None else f"{verdict.score:.3f}",
            verdict.violation_class if verdict.action.strength else "",
            escape(verdict.note or reasons),
        )
    return table
