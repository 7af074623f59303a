"""Block Kit: a Message in Slack's form, within Slack's limits, with nothing in it that Slack would obey."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.alerts.message import Bullets, Chart, Fields, Link, Links, Message, Part, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.phrases import say

type Block = dict[str, Any]

MOST_BLOCKS, LONGEST_HEADER, LONGEST_SECTION, LONGEST_FIELD, LONGEST_ALT = 50, 150, 3_000, 2_000, 2_000
MOST_FIELDS = 10
LONGEST_URL = 3_000
MOST_CHARACTERS, CHARACTERS_A_BLOCK = 13_000, 130
"""All blocks of a message together: what Slack takes is not documented, callers measured about 13,400."""
LONGEST_TEXT = 3_500
"""Of the text that notifications show; Slack recommends at most 4,000 characters."""
SIGNS = {
    Severity.CRITICAL: "🚨",
    Severity.WARNING: "⚠️",
    Severity.RECOVERED: "✅",
    Severity.INFO: "📊",
}
_PERSON, _GROUP = re.compile(r"[UW][A-Z0-9]{5,}"), re.compile(r"S[A-Z0-9]{5,}")
_MARKUP = re.compile(r"[*_~`]")
_BREAKER = "\u2060"
"""WORD JOINER: invisible, and enough to keep Slack from reading a sign as markup."""
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")


def blocks(message: Message, files: Mapping[int, str], language: Language, apology: str = "") -> list[Block]:
    """`message` as blocks. `files` has Slack's file per number of a chart's part; others are left out.

    `apology` says why, where that was not meant. What goes beyond Slack's limits is cut from the end, and
    says so; links, which come last, stay.
    """
    head = [_header(message)]
    if message.mention:
        head.append(_context(mention(message.mention)))
    body: list[Block] = []
    for number, part in enumerate(message.parts):
        if isinstance(part, Links):
            continue
        if isinstance(part, Chart):
            body += [_image(part, files[number])] if number in files else []
        else:
            body += _part(part)
    tail = [_context(escape(say("charts_missing", language, why=apology)))] if apology else []
    tail += [block for part in message.parts if isinstance(part, Links) for block in _part(part)]
    return _fitting(head, body, tail, language)


def fallback(message: Message) -> str:
    """What a notification shows, and what is sent where blocks can't be: all words, in Slack's markup."""
    lines = [f"{SIGNS[message.severity]} {escape(message.headline)}"]
    if message.mention:
        lines.append(mention(message.mention))
    for part in message.parts:
        match part:
            case Text():
                lines.append(escape(part.text))
            case Fields():
                lines += [f"{escape(name)}: {escape(value)}" for name, value in part.pairs]
            case Bullets():
                lines += [escape(part.title), *(f"• {escape(item)}" for item in part.items)]
            case Links():
                lines += [_link(link) for link in part.links]
            case Chart():
                lines.append(escape(part.alt))
    return _cut("\n".join(lines), LONGEST_TEXT)


def mention(owner: str) -> str:
    """An owner as Slack calls them: a person's or a group's id rings, anything else is only their name."""
    if _PERSON.fullmatch(owner):
        return f"<@{owner}>"
    if _GROUP.fullmatch(owner):
        return f"<!subteam^{owner}>"
    return escape(owner)


def escape(text: str) -> str:
    """`text` as it is: no mention, link, emphasis or emoji comes of what stands in data."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain = _MARKUP.sub(lambda sign: _unmarked(plain, sign), plain)
    return _EMOJI.sub(f":{_BREAKER}", plain)


def _unmarked(text: str, sign: re.Match[str]) -> str:
    """A sign of markup made harmless, where it could be one: inside a word (item_slot_daily) it is none."""
    before, after = text[max(0, sign.start() - 1) : sign.start()], text[sign.end() : sign.end() + 1]
    is_inside = sign[0] == "_" and before.isalnum() and after.isalnum()
    return sign[0] if is_inside else f"{_BREAKER}{sign[0]}{_BREAKER}"


def _part(part: Part) -> Iterator[Block]:
    match part:
        case Text(is_small=True):
            yield _context(escape(part.text))
        case Text():
            yield _section(_strong(part.text) if part.is_strong else escape(part.text))
        case Fields():
            for first in range(0, len(part.pairs), MOST_FIELDS):
                pairs = part.pairs[first : first + MOST_FIELDS]
                texts = [_cut(f"{_strong(name)}\n{escape(value)}", LONGEST_FIELD) for name, value in pairs]
                yield {"type": "section", "fields": [_mrkdwn(each) for each in texts]}
        case Bullets():
            items = [f"• {escape(item)}" for item in part.items]
            yield _section("\n".join([_strong(part.title), *items] if part.title else items))
        case Links():
            links = " · ".join(_link(link) for link in part.links)
            if links:
                yield _section(links)


def _strong(text: str) -> str:
    """Bold, line by line: emphasis does not go over line breaks, nor around nothing."""
    return "\n".join(f"*{escape(line.strip())}*" if line.strip() else "" for line in text.split("\n"))


def _link(link: Link) -> str:
    """A link; an address that can't be one in Slack's markup is shown as it is."""
    if not re.fullmatch(r"https?://[^\s<>|]+", link.url) or len(link.url) > LONGEST_URL:
        return f"{escape(link.text)}: {escape(link.url)}"
    return f"<{link.url.replace('&', '&amp;')}|{escape(link.text).replace('|', '¦')}>"


def _header(message: Message) -> Block:
    flat = " ".join(message.headline.split()) or "?"
    text = _cut(f"{SIGNS[message.severity]} {_EMOJI.sub(f':{_BREAKER}', flat)}", LONGEST_HEADER)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(_cut(text, LONGEST_SECTION) or " "), "expand": True}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(_cut(text, LONGEST_SECTION) or " ")]}


def _mrkdwn(text: str) -> Block:
    """Marked-up text in which Slack looks for no names or addresses by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _image(chart: Chart, file: str) -> Block:
    return {"type": "image", "slack_file": {"id": file}, "alt_text": _cut(chart.alt, LONGEST_ALT) or "?"}


def _cut(text: str, most: int) -> str:
    """`text` cut to `most` characters, not within an escaped sign or a link."""
    if len(text) <= most:
        return text
    kept = re.sub(r"(&[a-z]{0,3}|<[^<>]*)$", "", text[: most - 1])
    return f"{kept}…"


def _fitting(
    head: Sequence[Block], body: Sequence[Block], tail: Sequence[Block], language: Language
) -> list[Block]:
    """As much of the body as there is room for."""
    cut = _context(say("cut", language))
    left = MOST_CHARACTERS - sum(_weight(each) for each in (*head, *tail, cut))
    room = MOST_BLOCKS - len(head) - len(tail) - 1
    kept: list[Block] = []
    for block in body:
        left -= _weight(block)
        if left < 0 or len(kept) == room:
            return [*head, *kept, cut, *tail]
        kept.append(block)
    return [*head, *kept, *tail]


def _weight(block: Any) -> int:
    """What a block counts for: the characters of its texts, and something for itself."""

    def characters(part: Any) -> int:
        if isinstance(part, dict):
            own = sum(len(v) for k, v in part.items() if k in ("text", "alt_text") and isinstance(v, str))
            return own + sum(characters(value) for value in part.values())
        return sum(characters(each) for each in part) if isinstance(part, list) else 0

    return characters(block) + CHARACTERS_A_BLOCK
