"""Slack's markup: others' text in it as it is, with nothing that Slack would obey."""

import re

from shared.alerts.message import Link

LONGEST_URL = 3_000
_PERSON, _GROUP = re.compile(r"[UW][A-Z0-9]{5,}"), re.compile(r"S[A-Z0-9]{5,}")
_MARKUP = re.compile(r"[*_~`]")
BREAKER = "\u2060"
"""WORD JOINER: invisible, and enough to keep Slack from reading a sign as markup."""
EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")


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
    return EMOJI.sub(f":{BREAKER}", plain)


def _unmarked(text: str, sign: re.Match[str]) -> str:
    """A sign of markup made harmless, where it could be one: inside a word (item_slot_daily) it is none."""
    before, after = text[max(0, sign.start() - 1) : sign.start()], text[sign.end() : sign.end() + 1]
    is_inside = sign[0] == "_" and before.isalnum() and after.isalnum()
    return sign[0] if is_inside else f"{BREAKER}{sign[0]}{BREAKER}"


def strong(text: str) -> str:
    """Bold, line by line: emphasis does not go over line breaks, nor around nothing."""
    return "\n".join(f"*{escape(line.strip())}*" if line.strip() else "" for line in text.split("\n"))


def link_to(link: Link) -> str:
    """A link; an address that can't be one in Slack's markup is shown as it is."""
    if not re.fullmatch(r"https?://[^\s<>|]+", link.url) or len(link.url) > LONGEST_URL:
        return f"{escape(link.text)}: {escape(link.url)}"
    return f"<{link.url.replace('&', '&amp;')}|{escape(link.text).replace('|', '¦')}>"


def cut(text: str, most: int) -> str:
    """`text` cut to `most` characters, not within an escaped sign or a link."""
    if len(text) <= most:
        return text
    kept = re.sub(r"(&[a-z]{0,3}|<[^<>]*)$", "", text[: most - 1])
    return f"{kept}…"
