"""Slack's markup as HTML, the way Slack shows it.

A mark counts only at a word's edge, and Japanese characters are parts of words: `これは*太字*です` shows
its asterisks, in Slack as here. Whoever writes Japanese leaves spaces around the marks.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from infra.local.slack.emoji import EMOJI

_CODE_BLOCK = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_MARKS = {"*": "strong", "_": "em", "~": "del"}


def _marked(mark: str) -> str:
    """Text between two `mark`s at the edges of words; links and code in it are taken whole."""
    inside = rf"(?:<[^<>\n]*>|`[^`\n]+`|[^{mark}\n<`])++"
    return rf"(?<![^\W_]){re.escape(mark)}(?=\S){inside}(?<=\S){re.escape(mark)}(?![^\W_])"


_PIECE = re.compile(
    "|".join(
        (
            r"(?P<code>`[^`\n]+`)",
            r"(?P<angle><[^<>\n]+>)",
            rf"(?P<marked>{'|'.join(_marked(mark) for mark in _MARKS)})",
            r"(?P<emoji>:[a-z0-9_+'-]+:)",
            r"""(?P<address>https?://[^\s<>"'`|、。」)】]*[^\s<>"'`|、。」)】.,;:!?)*_~])""",
        )
    )
)


def html(text: str) -> Markup:
    """`text` with its marks, links and emoji; everything else escaped."""
    parts: list[Markup] = []
    for number, part in enumerate(_CODE_BLOCK.split(text)):
        if number % 2:
            parts.append(Markup("<pre><code>{}</code></pre>").format(_unescape(part)))
        else:
            parts.extend(_paragraphs(part.strip("\n") if number or "```" in text else part))
    return Markup("").join(parts)


def plain(text: str) -> Markup:
    """Plain text: emoji only."""
    return escape(re.sub(r":[a-z0-9_+'-]+:", lambda m: EMOJI.get(m[0].strip(":"), m[0]), text))


def _paragraphs(text: str) -> Iterator[Markup]:
    for quoted, lines in groupby(text.split("\n"), key=lambda line: bool(_QUOTE.match(line))):
        if quoted:
            inside = "\n".join(_QUOTE.sub("", line, count=1) for line in lines)
            yield Markup("<blockquote>{}</blockquote>").format(_inline(inside))
        else:
            yield _inline("\n".join(lines))


def _inline(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in _PIECE.finditer(text):
        parts.append(escape(_unescape(text[end : match.start()])))
        parts.append(_piece(match))
        end = match.end()
    parts.append(escape(_unescape(text[end:])))
    return Markup("").join(parts)


def _piece(match: re.Match[str]) -> Markup:
    whole = match[0]
    match match.lastgroup:
        case "code":
            return Markup("<code>{}</code>").format(_unescape(whole[1:-1]))
        case "angle":
            return _angle(whole)
        case "marked":
            tag = Markup(_MARKS[whole[0]])  # noqa: S704 - one of our three tags
            return Markup("<{0}>{1}</{0}>").format(tag, _inline(whole[1:-1]))
        case "emoji":
            return escape(EMOJI.get(whole.strip(":"), whole))
        case _:
            return _link(_unescape(whole), _unescape(whole))


def _angle(whole: str) -> Markup:
    """What stands in <>: a link, a mention, a command such as `!here`."""
    target, bar, label = whole[1:-1].partition("|")
    target, label = _unescape(target), _unescape(label)
    if target[0] in "@#!":
        name = label or target.lstrip("@#!").partition("^")[0]
        if target.startswith("!date^"):
            return escape(label)
        sign = "#" if target[0] == "#" else "@"
        return Markup('<span class="mention">{}</span>').format(sign + name.lstrip("@#"))
    if target.startswith(("http://", "https://", "mailto:", "tel:")):
        return _link(target, label if bar and label else target.removeprefix("mailto:").removeprefix("tel:"))
    return escape(_unescape(whole))


def _link(target: str, label: str) -> Markup:
    shown = plain(label)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(target, shown)


def _unescape(text: str) -> str:
    """The three characters Slack asks callers to escape."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
