"""The platform's HTTP JSON API: takes posts down and restores them (docs/platform-api.md)."""

import json
import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import requests
import urllib3

from shared.errors import ConfigError, PlatformRefused, PlatformUnavailable
from shared.settings import Platform
from shared.spam.takedowns import Takedown, Takedowns, TakedownState
from shared.traces import baggage

ATTEMPTS = 3
CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
LONGEST_WAIT_SECONDS = 5.0
"""With the above a call is over within 3 x 13 + 2 x 5 = 49 s, under half of enforcement's IN_FLIGHT."""
_LONGEST_REPLY = 64 * 1024
_TRY_AGAIN = (408, 425, 429)
_NOT_LET_IN = (401, 403)
_FINAL = (410, 422)


def takedowns(platform: Platform, logger: logging.Logger) -> Takedowns:
    """Where takedowns are carried out: the platform where that is switched on, else nowhere."""
    return PlatformTakedowns(platform.url, platform.token) if platform.acts else DryRunTakedowns(logger)


class DryRunTakedowns:
    """Carries nothing out: logs what it would have done."""

    is_dry_run = True

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def take_down(self, takedown: Takedown) -> TakedownState:
        """Log the takedown."""
        self._log("take_down", takedown)
        return TakedownState.DRY_RUN

    def restore(self, takedown: Takedown) -> TakedownState:
        """Log the restore; the post stays as it is, and the restore stays due."""
        self._log("restore", takedown)
        return TakedownState.RESTORE_REQUESTED

    def _log(self, act: str, takedown: Takedown) -> None:
        facts = {"act": act, "post_id": takedown.post_id, "revision": takedown.revision}
        self._logger.warning("dry run: the platform was not called", extra={"facts": facts})


class PlatformTakedowns:
    """Carries takedowns out at the platform. Safe to repeat: every call bears its idempotency key."""

    is_dry_run = False

    def __init__(self, url: str, token: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._sleep = sleep

    def take_down(self, takedown: Takedown) -> TakedownState:
        """Stop the post."""
        self._act(takedown, "takedown", takedown.takedown_key, "taken_down")
        return TakedownState.TAKEN_DOWN

    def restore(self, takedown: Takedown) -> TakedownState:
        """Show the post again."""
        self._act(takedown, "restore", takedown.restore_key, "visible")
        return TakedownState.RESTORED

    def _act(self, takedown: Takedown, act: str, key: str, expected: str) -> None:
        url = f"{self._url}/api/v1/posts/{quote(takedown.post_id, safe='')}/{act}"
        body: dict[str, object] = {
            "revision": takedown.revision,
            "violation_class": takedown.violation_class,
        }
        last = ""
        for attempt in range(1, ATTEMPTS + 1):
            wait = 0.5 * 2**attempt
            try:
                response, reply = self._ask(url, body, key)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                last = f"no answer ({type(error).__name__})"
            else:
                last = self._problem(response, reply, takedown, expected)
                if not last:
                    return
                wait = _retry_after(response, wait)
            if attempt == ATTEMPTS or wait > LONGEST_WAIT_SECONDS:
                break
            self._sleep(wait)
        raise PlatformUnavailable(f"{act} at the platform: expected state {expected}, came {last}")

    def _ask(self, url: str, body: dict[str, object], key: str) -> tuple[requests.Response, bytes]:
        """One call and the beginning of its reply, over in its time even where the reply trickles in."""
        began = time.monotonic()
        reply = b""
        with self._session.post(
            url,
            json=body,
            headers={"Idempotency-Key": key, **baggage()},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            while len(reply) < _LONGEST_REPLY and (
                part := response.raw.read1(_LONGEST_REPLY, decode_content=True)
            ):
                reply += part
                if time.monotonic() - began > CONNECT_SECONDS + READ_SECONDS:
                    raise requests.ReadTimeout("the reply trickles in")
        return response, reply

    def _problem(self, response: requests.Response, reply: bytes, takedown: Takedown, expected: str) -> str:
        """What keeps the reply from meaning done, if anything. Raises when trying again is no use."""
        status = response.status_code
        content = _json_object(reply)
        error = content.get("error")
        named = error.get("code") if isinstance(error, dict) else None
        code = named if isinstance(named, str) else ""
        if status in _NOT_LET_IN:
            raise ConfigError(
                f"SEKISHO_PLATFORM_TOKEN: expected a token the platform accepts, came HTTP {status}"
            )
        if status == 409 and code == "in_progress":
            return "HTTP 409 in_progress"
        is_meant = bool(code) or status in _FINAL  # a gateway's page says nothing of the post
        if 400 <= status < 500 and status not in _TRY_AGAIN and is_meant:
            raise PlatformRefused(f"HTTP {status} {code}".strip())
        if status != 200:
            return f"HTTP {status}"
        found = (content.get("post_id"), content.get("revision"), content.get("state"))
        if found != (takedown.post_id, takedown.revision, expected):
            return "HTTP 200 with a reply that does not say so"
        return ""


def _json_object(reply: bytes) -> dict[str, object]:
    try:
        content = json.loads(reply)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _retry_after(response: requests.Response, otherwise: float) -> float:
    """Seconds the platform asks us to wait: a number, or a date measured against the reply's own Date."""
    value = response.headers.get("Retry-After", "")
    try:
        if value.isdecimal():
            return float(value)
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(response.headers["Date"])
        return max(0.0, wait.total_seconds())
    except (ValueError, KeyError, TypeError):
        return otherwise
