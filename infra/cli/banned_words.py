"""sekisho banned-words: what each word of the list is worth, which can go, and which are missing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from infra.cli.judge import printable
from shared.errors import ConfigError

if TYPE_CHECKING:
    from shared.gcp.clients import Storage
    from shared.spam.word_health import Figures, WordHealth
    from shared.spam.word_suggestions import Suggestions

LIST = Path(__file__).resolve().parents[1] / "banned_words.txt"

LONGEST_SHOWN = 20


@dataclass(frozen=True)
class Examined:
    """A list, looked through."""

    rows: dict[str, Any]
    whole: "Figures"
    trimmed: "Figures"
    held_out: "Figures"
    words: "Sequence[WordHealth]"
    suggestions: "Suggestions"


def banned_words(
    posts: Annotated[Path, typer.Argument(help="CSV of labelled posts: as for sekisho train")],
    words: Annotated[
        str, typer.Option("--list", help="the list: a file or gs://…", show_default="infra/banned_words.txt")
    ] = str(LIST),
    base_rate: Annotated[
        float | None,
        typer.Option(min=0.0001, max=0.9999, help="real share of violations; without it, the file's own"),
    ] = None,
    most: Annotated[int, typer.Option(min=0, help="words suggested at most")] = 20,
    json_out: Annotated[Path | None, typer.Option("--json", help="write everything as JSON")] = None,
) -> None:
    """Look a list of banned words through on labelled posts. docs/banned-words.md says what figures mean.

    Per word: precision, recall, finds, the last of them, finds within longer words, and whether it can go.
    Then words the list lacks, and what adding them changes.
    """
    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    if json_out and not json_out.parent.is_dir():
        raise ConfigError(f"--json: expected a file in a folder that is there, came {json_out}")
    if json_out and json_out.resolve() in (posts.resolve(), Path(words).resolve()):
        raise ConfigError(f"--json: expected a file of its own, came {json_out}, which is read")
    examined = _examined(posts, words, base_rate, most, errors)
    for line in _told(examined):
        console.print(escape(printable(line)), soft_wrap=True)
    console.print(_words_table(examined.words, examined.rows["is_dated"]))
    if examined.suggestions.words:
        console.print(_suggestions_table(examined.suggestions))
    if json_out:
        text = json.dumps(_plain(examined), ensure_ascii=False, indent=2)
        json_out.write_text(text + "\n", encoding="utf-8")
        errors.print(f"written: {escape(str(json_out))}")


def _examined(posts: Path, words: str, base_rate: float | None, most: int, errors: Console) -> Examined:
    from infra.cli.posts_csv import UNDATED, read_labelled  # noqa: PLC0415 - `sekisho --help` needs no MeCab
    from shared import settings  # noqa: PLC0415
    from shared.gcp.config_files import read_text  # noqa: PLC0415
    from shared.spam.detectors.banned_words import BannedWords, read_banned_words, searched_text  # noqa: PLC0415
    from shared.spam.judging import too_long  # noqa: PLC0415
    from shared.spam.tokens import Tokenizer  # noqa: PLC0415
    from shared.spam.word_health import Labels, word_healths  # noqa: PLC0415
    from shared.spam.word_suggestions import suggest  # noqa: PLC0415

    entries = read_banned_words(read_text(words, _storage), words)
    labelled = [one for one in read_labelled(posts) if not too_long(one.post)]
    labels = Labels.of(labelled, base_rate)
    if not (labels.violations and labels.ordinary):
        came = f"{labels.violations.bit_count()} and {labels.ordinary.bit_count()}"
        raise ConfigError(f"{posts}: expected violating and ordinary posts, came {came}")
    dictionary = settings.words()
    tokenizer = Tokenizer(dictionary.dictionary, dictionary.user_dictionary)
    is_silent = not errors.is_terminal

    def steps(what: str, things: Any) -> Any:
        return track(things, what, total=len(labelled), console=errors, transient=True, disable=is_silent)

    texts = [searched_text(one.post) for one in steps("reading posts", labelled)]
    healths = word_healths(entries, labelled, steps("looking for words", texts), labels, tokenizer)
    found = staying = 0
    for one in healths:
        found |= one.found
        staying |= 0 if one.can_go else one.found
    kept = BannedWords([one.word for one in healths if not one.can_go])
    suggestions = suggest(kept, staying, labelled, texts, labels, tokenizer, most)
    held_out = labels.among(suggestions.held_out)
    is_dated = labelled[0].post.posted_at != UNDATED
    rows = {
        "posts": len(labelled),
        "violations": labels.violations.bit_count(),
        "ordinary": labels.ordinary.bit_count(),
        "base_rate": labels.base_rate,
        "is_dated": is_dated,
        "newest": labelled[-1].post.posted_at.isoformat() if is_dated else None,
    }
    return Examined(
        rows, labels.figures(found), labels.figures(staying), held_out.figures(found), healths, suggestions
    )


def _told(examined: Examined) -> list[str]:
    rows, suggestions = examined.rows, examined.suggestions
    going = sum(bool(one.can_go) for one in examined.words)
    lines = [
        f"{rows['posts']:,} posts, {rows['violations']:,} violating; precision at {rows['base_rate']:.1%} "
        "violations",
        f"the list, {len(examined.words)} words: {_figures(examined.whole)}",
    ]
    if going:
        lines.append(f"without the {going} that can go: {_figures(examined.trimmed)}")
    if suggestions.words:
        changes = f"without the {going} and " if going else ""
        lines.append(
            f"in the fifth that had no part in choosing words: {_figures(examined.held_out)}; "
            f"{changes}with the {len(suggestions.words)} suggested: {_figures(suggestions.after)}"
        )
    else:
        lines.append(f"no words suggested: {suggestions.remark}")
    return lines


def _figures(figures: "Figures") -> str:
    return f"precision {_share(figures.precision)}, recall {_share(figures.recall)}, F1 {_share(figures.f1)}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _words_table(words: "Sequence[WordHealth]", is_dated: bool) -> Table:
    table = Table(title="The list", title_justify="left")
    table.add_column("word", overflow="fold", ratio=2)
    for column in ("right", "wrong", "prec.", "recall"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("last hit", no_wrap=True)
    table.add_column("remarks", overflow="fold", ratio=3)
    for one in words:
        table.add_row(
            escape(printable(one.word.pattern)),
            f"{one.figures.violations:,}",
            f"{one.figures.ordinary:,}",
            _share(one.figures.precision),
            _share(one.figures.recall),
            f"{one.last_hit:%Y-%m-%d}" if one.last_hit and is_dated else "-",
            escape(printable("; ".join(_remarks(one)))),
        )
    return table


def _remarks(one: "WordHealth") -> Iterator[str]:
    if one.can_go:
        yield f"CAN GO: {one.can_go}"
    if one.only_it_finds:
        yield f"alone finds {one.only_it_finds:,}"
    if one.within_longer_words:
        yield f"{one.within_longer_words:,} only within {', '.join(map(_short, one.longer_words))}"


def _short(word: str) -> str:
    return word if len(word) <= LONGEST_SHOWN else f"{word[:LONGEST_SHOWN]}…"


def _suggestions_table(suggestions: "Suggestions") -> Table:
    table = Table(title="Words to add, and what only they find then", title_justify="left")
    table.add_column("word", overflow="fold")
    for column in ("weight", "right", "wrong", "prec.", "new right", "new wrong"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in suggestions.words:
        table.add_row(
            escape(printable(one.word.pattern)),
            f"{one.weight:+.2f}",
            f"{one.figures.violations:,}",
            f"{one.figures.ordinary:,}",
            _share(one.figures.precision),
            f"{one.new_violations:,}",
            f"{one.new_ordinary:,}",
        )
    return table


def _plain(examined: Examined) -> dict[str, Any]:
    suggestions, is_dated = examined.suggestions, examined.rows["is_dated"]
    return {
        "rows": examined.rows,
        "list": asdict(examined.whole),
        "list_without_those_that_can_go": asdict(examined.trimmed),
        "words": [
            {
                "word": one.word.pattern,
                "violation_class": one.word.violation_class,
                **asdict(one.figures),
                "only_it_finds": one.only_it_finds,
                "last_hit": one.last_hit.isoformat() if one.last_hit and is_dated else None,
                "only_within_longer_words": one.within_longer_words,
                "longer_words": list(one.longer_words),
                "can_go": one.can_go,
            }
            for one in examined.words
        ],
        "suggestions": {
            "words": [
                {
                    "word": one.word.pattern,
                    "weight": one.weight,
                    **asdict(one.figures),
                    "new_violations": one.new_violations,
                    "new_ordinary": one.new_ordinary,
                }
                for one in suggestions.words
            ],
            "held_out_before": asdict(examined.held_out),
            "held_out_after": asdict(suggestions.after),
            "remark": suggestions.remark,
        },
    }


def _storage() -> "Storage":
    from shared import settings  # noqa: PLC0415 - a list on disk needs no cloud
    from shared.gcp.clients import storage_client  # noqa: PLC0415

    return storage_client(settings.cloud())
