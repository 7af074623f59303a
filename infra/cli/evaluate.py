"""sekisho evaluate: the offline arena. Detectors are measured on labelled posts they did not learn from."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from infra.cli.arguments import check_outs, names_among
from shared.errors import ConfigError

if TYPE_CHECKING:
    from shared.spam.arena.contest import Outcome

DEFAULT_DETECTORS = "banned_words,bayes,blend"


def evaluate(
    posts: Annotated[Path | None, typer.Argument(help="CSV of labelled posts: as for sekisho train")] = None,
    train: Annotated[Path | None, typer.Option(help="CSV of the posts that teach; needs --test")] = None,
    test: Annotated[Path | None, typer.Option(help="CSV of the posts that examine; needs --train")] = None,
    detectors: Annotated[str, typer.Option(help="which, separated by commas")] = DEFAULT_DETECTORS,
    features: Annotated[
        str | None,
        typer.Option(
            help="what learnt detectors read, separated by commas: for an ablation",
            show_default="those of training: all",
        ),
    ] = None,
    base_rate: Annotated[
        float | None,
        typer.Option(min=0.0001, max=0.9999, help="real share of violations; without it, the rows' own"),
    ] = None,
    min_precision: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="the precision thresholds aim at")
    ] = 0.90,
    balanced: Annotated[
        int | None,
        typer.Option(min=1, help="also the talk's protocol: so many violating and as many ordinary posts"),
    ] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="write the figures as JSON")] = None,
    html_out: Annotated[
        Path | None, typer.Option("--html", help="write a page with curves and mistakes; it holds post text")
    ] = None,
) -> None:
    """Measure detectors on labelled posts they did not learn from. docs/evaluate.md says what figures mean.

    Where every row has posted_at, the older teach and the newer examine; else folds, in turn.

    Columns of a CSV: post_id, posted_at, title, body, label, violation_class, in any order.

    label is violation or ok. posted_at, title and violation_class may be left out.
    """
    from infra.cli.evaluate_features import features_read  # noqa: PLC0415 - `sekisho --help` needs no MeCab
    from infra.cli.evaluate_page import page  # noqa: PLC0415
    from infra.cli.evaluate_remarks import remarks  # noqa: PLC0415
    from infra.cli.evaluate_rows import gather, told, work  # noqa: PLC0415
    from infra.cli.evaluate_table import balanced_entry, confusion_table, figures_table  # noqa: PLC0415
    from shared import settings  # noqa: PLC0415
    from shared.spam.arena.contenders import CONTENDERS, contender  # noqa: PLC0415
    from shared.spam.arena.contest import Aim, hold  # noqa: PLC0415
    from shared.spam.arena.standings import balanced as drawn  # noqa: PLC0415
    from shared.spam.arena.standings import standing  # noqa: PLC0415
    from shared.spam.tokens import Tokenizer  # noqa: PLC0415

    names = names_among(detectors, list(CONTENDERS))
    read = features_read(features, settings.features(), names)
    files = _files(posts, train, test)
    check_outs(json_out, html_out, files)
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    words = settings.words()
    tokenizer = Tokenizer(words.dictionary, words.user_dictionary)
    aim = Aim(min_precision, base_rate)
    with _progress(errors) as progress:
        arena = gather(files, aim, read, progress)
        outcomes: dict[str, Outcome] = {}
        for name in names:
            bar = progress.add_task(name, total=work(arena.rounds))
            outcomes[name] = hold(
                contender(name, tokenizer, read),
                arena.posts,
                arena.rounds,
                aim,
                time.process_time,  # a busy machine is not the detector's fault
                lambda many, bar=bar: progress.advance(bar, many),  # type: ignore[misc]
            )
    entries = {name: standing(one, arena.posts, arena.base_rate) for name, one in outcomes.items()}
    console.print(escape(told(arena.rows)))
    console.print(figures_table(entries, arena.rows))
    counted = {
        name: drawn(one.marks, arena.posts, balanced)
        for name, one in outcomes.items()
        if balanced is not None
    }
    if balanced is not None:
        for name, counts in counted.items():
            entries[name]["balanced"] = balanced_entry(counts)
        console.print(confusion_table(counted, balanced))
    for remark in remarks(outcomes, arena.rows):
        console.print(escape(remark), soft_wrap=True)
    if json_out:
        whole = {"rows": arena.rows, "detectors": entries}
        json_out.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if html_out:
        html_out.write_text(page(arena, outcomes, entries, counted, balanced), encoding="utf-8")
    for out in (json_out, html_out):
        if out:
            errors.print(f"written: {escape(str(out))}")


def _files(posts: Path | None, train: Path | None, test: Path | None) -> list[Path]:
    if posts and not (train or test):
        return [posts]
    if train and test and not posts:
        return [train, test]
    came = [
        name
        for name, file in (("POSTS.csv", posts), ("--train", train), ("--test", test))
        if file is not None
    ]
    raise ConfigError(
        f"evaluate: expected POSTS.csv, or --train and --test, came {' and '.join(came) or 'neither'}"
    )


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress
