"""YAML as configuration needs it: plain values, each name once, and the line of every field.

Scalars mean what editors and YAML 1.2 take them for: true and false are the only booleans, and 09:00, no,
2026-11-22 or 1_000 are text. (YAML 1.1, PyYAML's own reading, makes 540, false, a date and 1000 of them.)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

from shared.errors import ConfigError

LONGEST = 1_000_000
"""Characters of a file. Configuration is written by people; reading more would only take time and memory."""
LONGEST_SHOWN = 60
WIDE_COLON = "\N{FULLWIDTH COLON}"
TAG = "tag:yaml.org,2002:"

type FieldPath = tuple[str | int, ...]
"""Names and places in lists, from the root: ("kpis", "ctr") or ("segments", 0)."""


@dataclass(frozen=True)
class Document:
    """A file's entries, as plain values, and where each of them is written."""

    entries: dict[str, Any]
    where: str
    lines: Mapping[FieldPath, int]

    def line_of(self, path: FieldPath) -> int:
        """The line of the field at `path`, or of what it would stand in."""
        return nearest_line(self.lines, path)


def parse_yaml(text: str, where: str) -> Document:
    """The mapping that `text` is, read from `where`. Raises ConfigError naming the file and the line."""
    if len(text) > LONGEST:
        raise ConfigError(f"{where}: expected at most {LONGEST:,} characters, came {len(text):,}")
    lines: dict[FieldPath, int] = {(): 1}
    try:
        root = _composed(text)
        entries = None if root is None else _plain(root, (), lines)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        came = f"character {error.character:#x}" if isinstance(error.character, int) else str(error.reason)
        raise ConfigError(f"{where}, line {line}: expected YAML of printable text, came {came}") from error
    except yaml.MarkedYAMLError as error:
        told = f"line {error.problem_mark.line + 1}" if error.problem_mark else "line 1"
        raise ConfigError(f"{where}, {told}: {_said(error)}") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: expected YAML, came lists or mappings nested too deeply") from error
    if not isinstance(entries, dict):
        raise ConfigError(f"{where}, line 1: expected a mapping (name: value), came {_no_mapping(entries)}")
    return Document(entries, where, lines)


def _no_mapping(entries: Any) -> str:
    came = f"the text {describe(entries)}" if isinstance(entries, str) else describe(entries)
    if isinstance(entries, str) and any(colon in entries for colon in (":", WIDE_COLON)):
        return f"{came}, in which no name is followed by a colon (:) and a space"
    return came


def nearest_line(lines: Mapping[FieldPath, int], path: FieldPath) -> int:
    """The line of the field at `path`, or of what it would stand in; 0 where nothing is known."""
    return next((lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in lines), 0)


def describe(value: Any) -> str:
    """A value as it is told in an error, in one short line."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…")
        case list():
            return "list" if value else "an empty list"
        case dict():
            return "mapping" if value else "an empty mapping"
    return str(value)


class _Composer(yaml.BaseLoader):
    """Reads text into nodes only: nothing is constructed, so that no tag can make anything."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None):  # a few lines of aliases to aliases are billions of values
            raise _problem("expected every value written out, came an anchor or alias", event.start_mark)
        return super().compose_node(parent, index)


for _name, _pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}.items():
    _Composer.add_implicit_resolver(TAG + _name, re.compile(rf"(?:{_pattern})\Z"), None)


def _composed(text: str) -> yaml.Node | None:
    composer = _Composer(text)
    try:
        return composer.get_single_node()
    finally:
        composer.dispose()


def _plain(node: yaml.Node, path: FieldPath, lines: dict[FieldPath, int]) -> Any:
    if isinstance(node, yaml.MappingNode) and node.tag == TAG + "map":
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode) and node.tag == TAG + "seq":
        items = []
        for index, item in enumerate(node.value):
            lines[*path, index] = item.start_mark.line + 1
            items.append(_plain(item, (*path, index), lines))
        return items
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise _foreign(node)


def _mapping(node: yaml.MappingNode, path: FieldPath, lines: dict[FieldPath, int]) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _problem("expected a name, came a list or mapping in its place", key.start_mark)
        name = key.value  # as it is written: a KPI may be named `no`
        if name in entries:
            raise _problem(f"expected each name once, came {name!r} again", key.start_mark)
        lines[*path, name] = key.start_mark.line + 1
        entries[name] = _plain(value, (*path, name), lines)
    return entries


def _scalar(node: yaml.ScalarNode) -> Any:
    text = node.value
    try:
        match node.tag.removeprefix(TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "int":
                return int(text)
            case "float":
                return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    except (ValueError, KeyError):
        kind = "true or false" if node.tag == TAG + "bool" else "a number"
        raise _problem(f"expected {kind}, came {describe(text)}", node.start_mark) from None
    raise _foreign(node)


def _foreign(node: yaml.Node) -> yaml.MarkedYAMLError:
    tag = node.tag.replace(TAG, "!!")
    return _problem(f"expected YAML of plain values, came the tag {tag}", node.start_mark)


def _problem(said: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, said, mark)


def _said(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem)
    if found := re.match(r"found character '(.+)' that cannot start any token", problem):
        character = found[1]
        if character == "\\t":
            return "expected spaces at the start, came a tab"
        return f"expected quotes around a value that starts with {character}, came none"
    if problem.startswith("expected <block end>"):
        return "expected every name or - of one mapping or list to begin in the same column, came another"
    began = f" of what begins in line {error.context_mark.line + 1}" if error.context_mark else ""
    if problem.startswith("expected"):
        problem = problem.replace("'<stream end>'", "the end")
        return re.sub(r",? but (found|got)", f"{began}, came", problem)
    if problem.endswith("unexpected end of stream"):
        return f"expected the closing quote{began}, came the end"
    if problem.startswith("could not find expected ':'"):
        return f"expected a colon and a space after the name{began}, came none"
    if problem == "mapping values are not allowed here":
        return (
            "expected quotes around a text with a colon in it, or one name: value a line, came a second colon"
        )
    came = problem.removeprefix("but ").removeprefix("found ")
    return f"expected one document of YAML, came {came}"
