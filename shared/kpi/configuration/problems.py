"""Problems: everything that is wrong with a configuration file, told at once, each with its line."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.errors import ConfigError
from shared.yaml_text import Document, FieldPath, describe, nearest_line

TOLD = "told"
BRANCHES = frozenset({"<list>", "<mapping>", "<text>", "[key]"})
"""What pydantic puts into a place besides the file's own names."""

type Models = Mapping[tuple[str, ...], type[BaseModel]]
"""The model of each mapping in a file, by the names that lead to it, places in lists left out."""


class Problems:
    """The problems of one file, gathered field by field."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[tuple[int, str]] = []
        self._paths: list[FieldPath] = []

    def add(self, path: FieldPath, said: str) -> None:
        """Notes that the field at `path` is wrong: `said` is what was expected and what came."""
        line, text = told(self._document.where, self._document.lines, path, said)
        if (line, text) not in self._found:
            self._found.append((line, text))
            self._paths.append(path)

    def at(self, path: FieldPath) -> bool:
        """Whether the field at `path`, or one in it, is wrong."""
        return any(found[: len(path)] == path for found in self._paths)

    def tell(self) -> None:
        """Raises ConfigError with one line for each problem, in the file's order, if there is any."""
        if self._found:
            raise ConfigError("\n".join(text for _, text in sorted(self._found, key=lambda found: found[0])))


def validated[M: BaseModel](
    entries: Any,
    at: FieldPath,
    models: Models,
    root: type[M],
    problems: Problems,
    stand_in: Mapping[str, Any],
) -> M | None:
    """The entries at `at` as a `root`, their problems noted; None where they are no mapping at all.

    Of wrong entries: what remains without the wrong fields, with `stand_in` for those that must be there.
    It lets the fields that are right be held against each other, so that all problems are told at once.
    """
    found: list[FieldPath] = []
    try:
        return root.model_validate(entries)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            path = each["loc"][:1] + tuple(step for step in each["loc"][1:] if step not in BRANCHES)
            problems.add((*at, *path), _said(each, path, models))
            found.append(path)
    if not isinstance(entries, dict):
        return None
    for depth in (2, 1):
        try:
            return root.model_validate(dict(stand_in) | _without(entries, found, depth))
        except ValidationError:
            continue
    return None


def wrong(expected: str, value: Any, hint: str = "") -> PydanticCustomError:
    """What a validator raises: what it expected is told as it is, and what came."""
    said = f"expected {expected}, came {describe(value)}{hint}"
    return PydanticCustomError(TOLD, "{said}", {"said": said})


def near(name: str, names: Iterable[str]) -> str:
    """A question whether one of `names` was meant, where one is much like `name`; else nothing."""
    by_folded = {each.casefold(): each for each in names}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean `{by_folded[found[0]]}`?" if found else ""


def told(where: str, lines: Mapping[FieldPath, int], path: FieldPath, said: str) -> tuple[int, str]:
    """The line of the field at `path`, or of what it would stand in, and the problem as it is told."""
    line = nearest_line(lines, path)
    return line, f"{where}{f', line {line}' if line else ''}, field {spelt(path)}: {said}"


def spelt(path: FieldPath) -> str:
    """A field as people point at it: kpis.ctr, or segments #2 for the second of a list."""
    text = "".join(f" #{step + 1}" if isinstance(step, int) else f".{step}" for step in path)
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable.lstrip(".").strip() or "''"


def _without(entries: dict[str, Any], paths: Iterable[FieldPath], depth: int) -> dict[str, Any]:
    """The entries without those at `paths`, whole fields at `depth` 1, at 2 also parts of them."""
    kept = dict(entries)
    for path in paths:
        inner = kept.get(str(path[0]))
        if depth > 1 and len(path) > 1 and isinstance(inner, dict):
            kept[str(path[0])] = {name: value for name, value in inner.items() if name != path[1]}
        else:
            kept.pop(str(path[0]), None)
    return kept


def _said(error: ErrorDetails, path: FieldPath, models: Models) -> str:
    names = tuple(step for step in path if isinstance(step, str))
    known = tuple(models[names[:-1]].model_fields) if names[:-1] in models else ()
    if error["type"] == TOLD:  # of a name nobody knows it may be the name that is wrong
        return error["msg"] + ("" if names[-1] in known else near(names[-1], known))
    if error["type"] == "extra_forbidden":
        hint = near(names[-1], known) or f"; known are {', '.join(known)}"
        return f"expected a known field, came {describe(names[-1])}{hint}"
    came = "nothing" if error["type"] == "missing" else describe(error["input"])
    if error["type"] == "too_long":
        came = f"{len(error['input'])} entries"
    return f"expected {_title(names, models)}, came {came}"


def _title(names: tuple[str, ...], models: Models) -> str:
    """What a field should be: its title in its model, else that of what it stands in."""
    for end in range(len(names), 0, -1):
        model = models.get(names[: end - 1])
        field = model.model_fields.get(names[end - 1]) if model else None
        if field and field.title:
            return field.title
    return "a mapping (name: value)"
