"""HTML as plain as most posts' is: its text is found without building a tree of it.

Tags that neither hide nor move what stands in them may come in any order: their text stays where it is. What
is not as plain, yet clear, is first put more plainly: a comment as the shortest there is, a lone "<" as &lt;.
Where anything is not clear, a tree is to be built. The rules are those of the HTML standard's tokeniser: a
"<" in its data state begins a tag, a comment or nothing, and it is in that state wherever all tags before
were seen to be whole.
"""

import re
from collections.abc import Callable, Sequence
from itertools import chain

from shared.spam.references import REFERENCE, referred_to

BLOCK_TAG = (
    r"<(?=/?(?ai:address|article|aside|blockquote|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hr|li|main|nav|ol|option|p|pre|section|summary|table|td|tfoot|th|thead"
    r"|title|tr|ul)\b)"
)
# What each plain tag is read as: blocks begin a line. Nothing that stands in them is hidden or moved.
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_LINES = _HEADINGS | {
    *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure"),
    *("footer", "header", "hr", "li", "main", "nav", "ol", "p", "section", "ul"),
}
_INLINE = {
    *("a", "abbr", "b", "big", "center", "cite", "code", "del", "em", "font", "i", "img", "ins", "label"),
    *("mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "wbr"),
}
_TABLES = {"table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_READ_AS = dict.fromkeys(_LINES | _TABLES, "\n") | dict.fromkeys(_INLINE | {"tbody", ""}, "")
_SHORTEST_COMMENT = "<!>"

_VALUE = r"""(?:="[^"]*"|='[^']*'|=[^\s"'`=<>]+)?"""
_PLAIN_STYLE = (
    r"(?:(?:background|border|color|float|letter-spacing|line-height|list-style|margin|padding|text|vertical"
    r"|white-space|word)(?:-[a-z]+)*|font-(?:family|style|variant|weight)|(?:max-)?(?:height|width))"
    r": ?[-#a-z0-9.,% ]+"
    r"|font-size: ?[1-9][0-9.]*(?:px|pt|r?em|%)"
)
_ATTRIBUTES = (
    rf"""(?:[ \t\n]*(?:style="(?:(?:{_PLAIN_STYLE})(?:; ?|(?=")))*+\""""
    rf"""|(?!hidden|style)[a-z][-a-z0-9_:]*+{_VALUE}))*+[ \t\n]*/?"""
)
_PLAIN_TAG = re.compile(rf"/?([a-z][a-z0-9]*+)(?:[ \t\n]{_ATTRIBUTES}|/)?>", re.IGNORECASE | re.ASCII)
_LONGEST_PLAIN, _REMEMBERED = 300, 1_000
"""Characters of a plain tag, and how many different tags are remembered: posts repeat them."""

_MOST_CHANGES = 500
"""Above this many, a tree is sooner built."""

_BETWEEN_CELLS, _OF_TABLE, _COMMENT, _OTHER = "bt!o"
"""Kinds of tags. Behind the first, a table goes on: what else stands there is moved out of it."""

_ENTITIES = {"&nbsp;": "\xa0", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
# Numbers of characters that mean nothing to HTML, neither "&" nor white space, and are no halves of pairs.
_USUAL_ENTITY = (
    "|".join(_ENTITIES)
    + "|&#(?:3[3-79]|[4-9][0-9]|1[01][0-9]|12[0-6]|1[6-9][0-9]|[2-9][0-9]{2}"
    + "|[1-9][0-9]{3}|[1-4][0-9]{4}|5[0-4][0-9]{3}|1[0-9]{5});"
)
USUAL_ENTITY = re.compile(f"({_USUAL_ENTITY})")

_CLEAR = (
    # What is plain is passed over. It is never tried again: that keeps it linear.
    rf"(?ais)(?:[^<>&]++|<(?!script|style)/?[a-z][^<>]*+>|(?-i:{_USUAL_ENTITY}))*+(?:"
    # Never closed, or closed in a way that only browsers know, it is not clear how far it goes.
    r"(?P<unseen><!--(?!-?>)[^-]*+(?:-(?!-!?>)[^-]*+)*+-->"
    r"|<[!?](?!--)[^>]*+>"
    rf"|<(script|style)(?:[ \t\n]{_ATTRIBUTES})?>[^<]*+(?:<(?!/\2|!--)[^<]*+)*+</\2>)"
    r"|(?P<cut></?[a-z][^<>]*+\Z)"
    rf"|(?P<sign><(?![a-z/!?])|>|{REFERENCE}|&)"
    r"|(?P<end>\Z)|.)"
)
_SIGNS = {character: entity for entity, character in _ENTITIES.items()}

type Change = tuple[int, int, str]
"""What stands from one place up to another, and what takes its place."""


class _Remembered(dict[str, str]):
    """What `tell` tells of tags or entities, remembered for as long as there are not too many of them."""

    def __init__(self, tell: Callable[[str], str]) -> None:
        super().__init__()
        self._tell = tell

    def __missing__(self, tag: str) -> str:
        told = self._tell(tag)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[tag] = told
        return told


def _kind(tag: str) -> str:
    name = _name(tag)
    if name not in _TABLES:
        return _OTHER if name else _COMMENT
    return _OF_TABLE if ("/" * tag.startswith("/") + name) in ("td", "th", "/table") else _BETWEEN_CELLS


def _read_as(tag: str) -> str:
    return _READ_AS[_name(tag)]


def _read_outside_of_tables(tag: str) -> str:
    name = _name(tag)
    if name in _TABLES:
        raise KeyError(name)
    return _READ_AS[name]


def _name(tag: str) -> str:
    """The name of a plain tag, "" for the shortest comment; KeyError for any other."""
    if tag == _SHORTEST_COMMENT[1:]:
        return ""
    plain = _PLAIN_TAG.fullmatch(tag) if len(tag) <= _LONGEST_PLAIN else None
    if not plain or (name := plain[1].lower()) not in _READ_AS:
        raise KeyError(tag)
    return name


def _character(entity: str) -> str:
    return _ENTITIES.get(entity) or chr(int(entity[2:-1]))


_character_of = _Remembered(_character)
_kind_of, _read_as_of, _outside_of_tables = map(_Remembered, (_kind, _read_as, _read_outside_of_tables))


def plain_markup(html: str) -> tuple[list[str], list[Change]] | None:
    """The parts of `html`, and the changes it took to put it plainly; None where that is not possible."""
    if (parts := plain_parts(html)) is not None:
        return parts, []
    changes = clearings(html)
    parts = plain_parts(changed(html, changes)) if changes else None
    return None if parts is None else (parts, changes)


def plain_parts(html: str) -> list[str] | None:
    """The text before the first tag of `html`, and what each is read as and the text behind it, in turn.

    None where it is not plain. Entities are left as they are, all USUAL_ENTITY.
    """
    if "\0" in html or "\r" in html:
        return None
    parts = html.replace(">", "><").split("<")  # every tag, and nothing else, ends with ">"
    tags = parts[1::2]
    if len(tags) != html.count("<"):
        return None  # a ">" ends no tag
    try:
        parts[1::2] = map(_outside_of_tables.__getitem__, tags)
    except KeyError as odd:
        if odd.args[0] not in _TABLES:
            return None
        try:
            if _moves_text(tags, parts[2::2]):
                return None
            parts[1::2] = map(_read_as_of.__getitem__, tags)
        except KeyError:
            return None
    if "&" in html and not _has_usual_entities(html) and not _has_usual_entities("<".join(parts[::2])):
        return None  # those in tags mean nothing
    return parts


def _has_usual_entities(html: str) -> bool:
    return len(USUAL_ENTITY.findall(html)) == html.count("&")


def text_of(parts: Sequence[str]) -> str:
    """The visible text of `plain_parts`."""
    return entities_read("".join(parts))


def entities_read(text: str) -> str:
    """`text` with the characters for which its entities, each a USUAL_ENTITY, stand."""
    if "&" not in text:
        return text
    pieces = USUAL_ENTITY.split(text)
    pieces[1::2] = map(_character_of.__getitem__, pieces[1::2])
    return "".join(pieces)


def _moves_text(tags: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether anything stands in a table but in no cell; `texts` are those behind `tags`."""
    kinds = "".join(map(_kind_of.__getitem__, tags))
    if _COMMENT in kinds:  # as if it were not there
        kinds = re.sub(f"{_BETWEEN_CELLS}{_COMMENT}+", lambda run: _BETWEEN_CELLS * len(run[0]), kinds)
    behind = [text for text, kind in zip(texts, kinds, strict=True) if text and kind == _BETWEEN_CELLS]
    return _BETWEEN_CELLS + _OTHER in kinds or bool("".join(behind).strip(" \t\n\f"))


def clearings(html: str) -> list[Change]:
    """What to exchange in `html` so that it may be plain; nothing where that is not clear."""
    changes: list[Change] = []
    for odd in re.finditer(_CLEAR, html):
        kind = odd.lastgroup
        if kind == "end":
            break
        if kind is None or len(changes) == _MOST_CHANGES:
            return []
        start, end = odd.span(kind)
        new = _SHORTEST_COMMENT
        if kind == "sign":
            new, length = _plain_sign(odd["sign"])
            if not new:
                return []
            end = start + length
        elif kind == "cut" and re.match(BLOCK_TAG, odd["cut"]):
            new = "<br>"
        changes.append((start, end, new))
    return changes


def _plain_sign(sign: str) -> tuple[str, int]:
    """How "<", ">", "&" or a reference is put plainly, and how much of it is; "" where that is not clear."""
    if len(sign) == 1:
        return _SIGNS[sign], 1
    character, length = referred_to(sign)
    if length == 0 and sign[1] != "#":
        return _SIGNS["&"], 1
    entity = _SIGNS.get(character) or (f"&#{ord(character)};" if len(character) == 1 else "")
    return (entity, length) if USUAL_ENTITY.fullmatch(entity) else ("", 0)


def changed(html: str, changes: Sequence[Change]) -> str:
    """`html` with `changes` made, which come in order."""
    if not changes:
        return html
    starts = [0, *(end for _, end, _ in changes)]
    ends = [*(start for start, _, _ in changes), len(html)]
    kept = [html[start:end] for start, end in zip(starts, ends, strict=True)]
    return "".join(chain.from_iterable(zip(kept, [*(new for _, _, new in changes), ""], strict=True)))
