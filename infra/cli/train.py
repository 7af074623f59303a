"""sekisho train: learn a filter from a CSV of labelled posts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from infra.cli.model_folder import DEFAULT_FOLDER, check_folder, folder, signing_key, write_model
from shared.errors import ConfigError, TrainingRefused

TALK = {
    "banned_words": "banned words",
    "bayes": "Bayesian filter, take down",
    "bayes_review": "Bayesian filter, review",
    "blend": "blend, take down",
    "blend_review": "blend, review",
}


class Learnt(StrEnum):
    """The filters that can be learnt."""

    BAYES = "bayes"
    BLEND = "blend"


def train(
    posts: Annotated[
        Path,
        typer.Option(help="CSV of labelled posts, its columns as told above"),
    ],
    out: Annotated[
        Path, typer.Option(parser=folder, help="folder for the model", show_default=".local/model")
    ] = DEFAULT_FOLDER,
    base_rate: Annotated[
        float | None,
        typer.Option(
            min=0.0001, max=0.9999, help="real share of violations; without it, the file's own share"
        ),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(
            min=0.5, max=0.9999, help="what share of takedowns must be right; 0.90 where the next is not told"
        ),
    ] = None,
    max_wrong_takedowns_per_day: Annotated[
        float | None,
        typer.Option(
            "--max-wrong-per-day",
            min=0.001,
            max=1_000_000,
            help="how many wrong takedowns a day are bearable among the file's posts",
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            help="what to count of posts, commas between: words, title_words, word_pairs, structure, masks, "
            "characters; all where none is named"
        ),
    ] = "",
    detector: Annotated[Learnt, typer.Option(help="which filter")] = Learnt.BAYES,
) -> None:
    """Learn a filter from labelled posts: the oldest 80 % teach, the newest 20 % examine.

    Columns of the CSV: post_id, posted_at, title, body, label, violation_class, in any order.

    label is violation or ok. posted_at, title and violation_class may be left out.
    """
    from infra.cli.posts_csv import UNDATED, read_labelled  # noqa: PLC0415 - `sekisho --help` needs no MeCab
    from shared import settings  # noqa: PLC0415
    from shared.spam.evidence import Evidence, TrainingRules, examples  # noqa: PLC0415
    from shared.spam.features import Featurizer, features_named  # noqa: PLC0415
    from shared.spam.judging import too_long  # noqa: PLC0415
    from shared.spam.model import model_files  # noqa: PLC0415
    from shared.spam.passport import passport_of  # noqa: PLC0415
    from shared.spam.tokens import Tokenizer  # noqa: PLC0415
    from shared.spam.training import train as learn_from  # noqa: PLC0415

    console, errors = Console(highlight=False), Console(stderr=True)
    told = (features, "--features") if features.strip() else (settings.features(), "SEKISHO_FEATURES")
    names = features_named(*told)
    check_folder(out)
    key = signing_key()
    labelled = [one for one in read_labelled(posts) if not too_long(one.post)]
    if max_wrong_takedowns_per_day and labelled and labelled[0].post.posted_at == UNDATED:
        raise ConfigError(
            f"--max-wrong-per-day: expected a column posted_at in {posts}, which says "
            "how many posts there are a day, came none"
        )
    words = settings.words()
    featurizer = Featurizer(names, Tokenizer(words.dictionary, words.user_dictionary))
    steps = track(labelled, "reading posts", console=errors, transient=True, disable=not errors.is_terminal)
    rules = TrainingRules(
        take_down_precision=min_precision, max_wrong_takedowns_per_day=max_wrong_takedowns_per_day
    )
    evidence = Evidence.of(examples(steps, featurizer), rules, base_rate=base_rate)
    try:
        trained = learn_from(evidence, featurizer, rules, serving=None, name=detector)
    except TrainingRefused as error:
        why = str(error).replace(" in the window", " in the file")  # a CSV has no window of days
        raise TrainingRefused(f"{posts}: no model was made. {why}") from error
    passport = passport_of(trained, None, datetime.now(UTC), settings.code_revision())
    write_model(out, model_files(trained.final, trained.examined, passport, key))
    console.print(figures_table(passport["figures"], detector))
    _tell(console, passport, out)


def figures_table(figures: dict[str, Any], detector: str = "bayes") -> Table:
    """Every method's figures on the held-out posts, as in the talk."""
    some = figures[detector]
    table = Table(
        title=f"Held-out posts: {some['violations']} violating, {some['ordinary']} ordinary, "
        f"weighted to {some['base_rate']:.1%} violations",
        title_justify="left",
    )
    table.add_column("method")
    for column in ("precision", "recall", "F1", "average precision", "best F1"):
        table.add_column(column, justify="right")
    for name in ("banned_words", detector, f"{detector}_review"):
        row = figures[name]
        values = (row[key] for key in ("precision", "recall", "f1", "average_precision", "best_f1"))
        table.add_row(TALK[name], *("-" if value is None else f"{value:.3f}" for value in values))
    return table


def _tell(console: Console, passport: dict[str, Any], out: Path) -> None:
    counts = passport["counts"]
    violations = sum(counts["violations"].values())
    console.print(
        f"{passport['version']}: learnt from {counts['labelled']:,} posts ({violations:,} violating), "
        f"{counts['weights']:,} weights, kept in {escape(str(out))}"
    )
    console.print(escape(thresholds_line(passport)))
    console.print(first_look_line(passport))


def thresholds_line(passport: Mapping[str, Any]) -> str:
    """From which scores the model acts, or why it only sends posts to review."""
    take_down, review = passport["thresholds"]["take_down"], passport["thresholds"]["review"]
    if take_down is not None:
        return f"take_down from score {take_down:.3f}, review from {review:.3f}"
    why = passport["take_down_withheld"]
    return f"This model takes nothing down, it only sends posts to review (from score {review:.3f}): {why}."


def first_look_line(passport: Mapping[str, Any]) -> str:
    """How many posts need not be read in full, as far as the held-out ones tell."""
    share = passport["first_look"].get("left_early", 0.0)
    if not share:
        return "every post is read in full: there are no first looks"
    return f"{share:.0%} of the posts are left alone at first look, without finding their words"
