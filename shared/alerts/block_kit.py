"""Block Kit: a Message in Slack's form, within Slack's limits, with nothing in it that Slack would obey."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.alerts.markup import BREAKER, EMOJI, cut, escape, link_to, mention, strong
from shared.alerts.message import Bullets, Chart, Fields, Links, Message, Part, Severity, Text
from shared.alerts.numbers import Language
from shared.alerts.phrases import channel as phrases

type Block = dict[str, Any]

MOST_BLOCKS, LONGEST_HEADER, LONGEST_SECTION, LONGEST_FIELD, LONGEST_ALT = 50, 150, 3_000, 2_000, 2_000
MOST_FIELDS = 10
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
    tail = [_context(escape(phrases.CHART_MISSING.say(language, why=apology)))] if apology else []
    tail += [block for part in message.parts if isinstance(part, Links) for block in _part(part)]
    return _fitting(head, body, tail, language)


def fallback(message: Message) -> str:
    """What a notification shows, and what is sent where blocks can't be: all words, in Slack's markup."""
    lines = [first_line(message)]
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
                lines += [link_to(link) for link in part.links]
            case Chart():
                lines.append(escape(part.alt))
    return cut("\n".join(lines), LONGEST_TEXT)


def first_line(message: Message) -> str:
    """Its headline with its sign: what is left where Slack takes no more."""
    return cut(f"{SIGNS[message.severity]} {escape(message.headline)}", LONGEST_TEXT)


def _part(part: Part) -> Iterator[Block]:
    match part:
        case Text(is_small=True):
            yield _context(escape(part.text))
        case Text():
            yield _section(strong(part.text) if part.is_strong else escape(part.text))
        case Fields():
            for first in range(0, len(part.pairs), MOST_FIELDS):
                pairs = part.pairs[first : first + MOST_FIELDS]
                texts = [cut(f"{strong(name)}\n{escape(value)}", LONGEST_FIELD) for name, value in pairs]
                yield {"type": "section", "fields": [_mrkdwn(each) for each in texts]}
        case Bullets():
            items = [f"• {escape(item)}" for item in part.items]
            yield _section("\n".join([strong(part.title), *items] if part.title else items))
        case Links():
            links = " · ".join(link_to(link) for link in part.links)
            if links:
                yield _section(links)


def _header(message: Message) -> Block:
    flat = " ".join(message.headline.split()) or "?"
    text = cut(f"{SIGNS[message.severity]} {EMOJI.sub(f':{BREAKER}', flat)}", LONGEST_HEADER)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(cut(text, LONGEST_SECTION) or " "), "expand": True}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(cut(text, LONGEST_SECTION) or " ")]}


def _mrkdwn(text: str) -> Block:
    """Marked-up text in which Slack looks for no names or addresses by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _image(chart: Chart, file: str) -> Block:
    return {"type": "image", "slack_file": {"id": file}, "alt_text": cut(chart.alt, LONGEST_ALT) or "?"}


def _fitting(
    head: Sequence[Block], body: Sequence[Block], tail: Sequence[Block], language: Language
) -> list[Block]:
    """As much of the body as there is room for."""
    ending = _context(phrases.CUT.say(language))
    left = MOST_CHARACTERS - sum(_weight(each) for each in (*head, *tail, ending))
    room = MOST_BLOCKS - len(head) - len(tail) - 1
    kept: list[Block] = []
    for block in body:
        left -= _weight(block)
        if left < 0 or len(kept) == room:
            return [*head, *kept, ending, *tail]
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
