"""Slack's answers: whether to give up, to wait, or to look whether a call was carried out after all."""

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from shared.alerts.channel import ChannelRefused

RATE_LIMITS = frozenset({"ratelimited", "rate_limited"})
PASSING = RATE_LIMITS | {
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
"""Codes of a passing trouble on Slack's side. Every other code is a no."""
INSTALL_AGAIN = "install the app again and put its bot token (xoxb-…) into SEKISHO_SLACK_TOKEN's secret"
HINTS: Mapping[str, str] = {
    "channel_not_found": (
        "check `channel` in the table's file or SEKISHO_ALERT_CHANNEL; to a private channel, /invite the bot"
    ),
    "not_in_channel": "/invite the bot to the channel",
    "is_archived": "open the channel again, or name another one in `channel`",
    "restricted_action": "ask the workspace's admins to let the bot post there",
    "invalid_auth": INSTALL_AGAIN,
    "not_authed": INSTALL_AGAIN,
    "token_revoked": INSTALL_AGAIN,
    "token_expired": INSTALL_AGAIN,
    "account_inactive": INSTALL_AGAIN,
    "not_allowed_token_type": INSTALL_AGAIN,
    "missing_scope": "give the app the scope and install it again",
    "msg_too_long": "a fault of Sekisho, please report it: it cuts its messages to what Slack takes",
    "invalid_blocks": "a fault of Sekisho, please report it: it keeps to what Slack takes",
}
"""What somebody has to do, by what Slack says."""
_TOO_MANY, _SERVER_ERROR, _OK = 429, 500, 200


class SlackRefused(ChannelRefused):
    """Slack understood the call and will not do it. `code` is its word for why, `details` point to where."""

    def __init__(self, call: str, code: str, details: Iterable[str] = (), needed: str = "") -> None:
        self.code, self.details = code, tuple(details)
        todo = HINTS.get(code, f"look {code} up in Slack's documentation of {call}")
        words = [f"Slack refused {call}: {code}", todo, *([needed] if needed else [])]
        super().__init__("; ".join((*words, *self.details[:3])))

    @property
    def is_about_a_file(self) -> bool:
        """Whether an image block names a file that Slack does not know, or does not know yet."""
        return self.code == "invalid_blocks" and any("slack_file" in detail for detail in self.details)


@dataclass(frozen=True)
class Trouble:
    """What came instead of an answer, and what that means for trying again."""

    what: str
    may_have_acted: bool
    is_probably_not_done: bool = True
    """Whether trying again is the better bet where nobody can look."""
    wait_seconds: float | None = None
    """How long Slack asks to wait; None where it does not."""


def trouble_with_answer(call: str, status: int, headers: Mapping[str, Any], body: Any) -> Trouble:
    """What an answer that is no yes means. Raises SlackRefused where it is a no."""
    content = body if isinstance(body, dict) else {}
    code = str(content.get("error") or "")
    if status == _TOO_MANY:
        wait = _seconds(next((value for name, value in headers.items() if name.lower() == "retry-after"), ""))
        return Trouble("HTTP 429 ratelimited", may_have_acted=False, wait_seconds=wait)
    if status >= _SERVER_ERROR:
        return Trouble(f"HTTP {status}", may_have_acted=True)
    if status == _OK and not re.fullmatch(r"[a-z0-9_]+", code):
        return Trouble("an answer that is no JSON", may_have_acted=True, is_probably_not_done=False)
    if code in PASSING:
        return Trouble(code, may_have_acted=code not in RATE_LIMITS)
    metadata = content.get("response_metadata")
    details = metadata.get("messages") if isinstance(metadata, dict) else None
    needed = f"needs {content['needed']}" if content.get("needed") else ""
    listed = [str(each) for each in details] if isinstance(details, list) else []
    raise SlackRefused(call, code or f"HTTP {status}", listed, needed)


def trouble_with_line(call: str, error: Exception) -> Trouble:
    """What an exception of the connection means. Raises SlackRefused where an upload was answered by a no."""
    if isinstance(error, HTTPError):
        with error:
            headers = dict(error.headers.items()) if error.headers else {}
            body = {"error": f"HTTP {error.code}"}
        return trouble_with_answer(call, error.code, headers, body)
    reason = error.reason if isinstance(error, URLError) else error
    never_left = isinstance(reason, ConnectionRefusedError | socket.gaierror)
    return Trouble(
        f"no answer ({type(reason).__name__})", may_have_acted=not never_left, is_probably_not_done=never_left
    )


LINE_ERRORS = (OSError, HTTPException, ValueError)
"""What a call raises where the connection fails or breaks off, or its answer can't be read."""


def _seconds(said: object) -> float:
    """Slack's Retry-After; where it says nothing that can be read, the second it allows a message for."""
    text = str(said).strip()
    return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else 1.0
