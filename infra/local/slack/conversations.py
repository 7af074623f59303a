"""Conversations read back: a channel's history and a thread's replies, page by page, as Slack gives them."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Any

from infra.local.slack.arguments import Arguments
from infra.local.slack.messages import Channel, Message, Messages, find_channel
from infra.local.slack.refusals import Refused

USUAL_LIMIT, MOST_AT_ONCE = 100, 999

type Answer = dict[str, Any]


class Conversations:
    """Reads messages for callers. `describe` is how Slack writes one."""

    def __init__(self, messages: Messages, describe: Callable[[Message], Answer]) -> None:
        self._messages = messages
        self._describe = describe

    def history(self, said: Arguments) -> Answer:
        """`conversations.history`: what stands in the channel itself, the newest first."""
        everything = self._messages.in_order(_room(said))
        seen = [each for each in everything if not each.thread or each.is_broadcast]
        return self._page(seen[::-1], everything, said)

    def replies(self, said: Arguments) -> Answer:
        """`conversations.replies`: a message and what answers it, the oldest first."""
        everything = self._messages.in_order(_room(said))
        wanted = said.required("ts")
        here = next((each for each in everything if each.ts == wanted), None)
        if here is None:
            raise Refused("thread_not_found")
        root = here.thread or here.ts
        return self._page([each for each in everything if root in (each.ts, each.thread)], everything, said)

    def _page(self, found: Sequence[Message], everything: Sequence[Message], said: Arguments) -> Answer:
        oldest, latest = _ts(said, "oldest"), _ts(said, "latest")
        ends = {oldest, latest} if said.flag("inclusive") else set()
        within = [
            each
            for each in found
            if each.ts in ends
            or (
                (not oldest or float(each.ts) > float(oldest))
                and (not latest or float(each.ts) < float(latest))
            )
        ]
        limit = said.text("limit") or str(USUAL_LIMIT)
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST_AT_ONCE:
            raise Refused("invalid_limit")
        first = _first(said.text("cursor"))
        page, more = within[first : first + int(limit)], len(within) > first + int(limit)
        told = [
            self._told(each, everything, with_metadata=said.flag("include_all_metadata")) for each in page
        ]
        answer: Answer = {"messages": told, "has_more": more}
        if more:
            answer["response_metadata"] = {"next_cursor": _cursor(first + int(limit))}
        return answer

    def _told(self, message: Message, everything: Sequence[Message], *, with_metadata: bool) -> Answer:
        told = self._describe(message)
        answers = [each for each in everything if each.thread == message.ts]
        if answers:
            told |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
        if not with_metadata:
            told.pop("metadata", None)
        return told


def _room(said: Arguments) -> Channel:
    """The channel, which has to be named by its id: only posting takes names, in Slack as here."""
    wanted = said.required("channel")
    if not re.fullmatch(r"[CDGUW][A-Z0-9]{5,}", wanted):
        raise Refused("channel_not_found")
    return find_channel(wanted)


def _ts(said: Arguments, name: str) -> str:
    ts = said.text(name)
    if ts and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", ts):
        raise Refused(f"invalid_ts_{name}")
    return ts


def _cursor(first: int) -> str:
    return base64.b64encode(f"next:{first}".encode()).decode()


def _first(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "next" and number.isdecimal():
            return int(number)
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Refused("invalid_cursor")
