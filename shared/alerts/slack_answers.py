"""Slack's answers: whether to give up, to wait, or to look whether a call was carried out after all."""

import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from shared.alerts.channel import ChannelRefused, ChannelUnavailable

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0
RATE_LIMITS = frozenset({"ratelimited", "rate_limited"})
PASSING = RATE_LIMITS | {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
"""Codes of a passing trouble on Slack's side. Every other code is a no."""
HINTS: Mapping[str, str] = {
    "channel_not_found": "expected a channel the bot sees; check `channel`, invite the bot to a private one",
    "not_in_channel": "expected the bot to be in the channel; /invite it",
    "is_archived": "expected an open channel; check the table's `channel`",
    "restricted_action": "expected that the bot may post there; ask the workspace's admins",
    "invalid_auth": "expected a valid bot token; check SEKISHO_SLACK_TOKEN",
    "not_authed": "expected a bot token; check SEKISHO_SLACK_TOKEN",
    "token_revoked": "expected a valid bot token; install the app again",
    "token_expired": "expected a valid bot token; install the app again",
    "account_inactive": "expected a valid bot token; install the app again",
    "missing_scope": "expected a scope the bot does not have",
}
_TOO_MANY, _SERVER_ERROR, _OK = 429, 500, 200


class SlackRefused(ChannelRefused):
    """Slack understood the call and will not do it. `code` is its word for why, `details` point to where."""

    def __init__(self, call: str, code: str, details: Iterable[str] = (), needed: str = "") -> None:
        self.code, self.details = code, tuple(details)
        hint = HINTS.get(code, "")
        words = [f"Slack refused {call}: {code}", *([hint] if hint else []), *([needed] if needed else [])]
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
    """How long Slack asks to wait."""


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


class Patience:
    """How long something is tried, whatever it waits for."""

    def __init__(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left, self._ends, self._sleep = seconds, time.monotonic() + seconds, sleep

    def wait(self, seconds: float, why: str) -> None:
        """Waits, unless that would take longer than there is patience: then ChannelUnavailable."""
        left = min(self._left, self._ends - time.monotonic())
        if seconds > left:
            raise ChannelUnavailable(
                f"{why}; expected to wait at most {max(0.0, left):.0f} s more, not {seconds:g} s"
            )
        self._left -= seconds
        self._sleep(seconds)

    def part(self, seconds: float) -> "Patience":
        """At most so much of what is left, on its own account."""
        return Patience(min(seconds, self._left, self._ends - time.monotonic()), self._sleep)


def wait_before(attempt: int) -> float:
    """How long to wait after failure number `attempt`, from 0, where Slack does not say."""
    return float(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**attempt))


def _seconds(said: object) -> float:
    """Slack's Retry-After: whole seconds; where it is anything else, a guess."""
    text = str(said).strip()
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 1.0
