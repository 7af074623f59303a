"""How Slack says no: HTTP 200, `ok: false`, a code, and messages for people; and the noes a test orders."""

import threading
from collections import defaultdict, deque
from typing import Any

from shared.errors import BadEvent, SekishoError


class Refused(SekishoError):
    """Don't repeat it: Slack understood the call and will not do it. `code` is Slack's own word for why."""

    def __init__(self, code: str, *messages: str) -> None:
        super().__init__(": ".join((code, *messages)))
        self.code = code
        self.messages = messages


class OrderedRefusals:
    """Refusals to come, by method, first ordered first spent: what a workspace may answer and this one can't.

    A bot without a scope, an archived channel, an upload that is not ready yet. A restart forgets them.
    """

    def __init__(self) -> None:
        self._ordered: defaultdict[str, deque[Refused]] = defaultdict(deque)
        self._lock = threading.Lock()

    def order(self, wish: Any) -> None:
        """The next `times` calls of `method` are refused as `error` with `messages`. Raises BadEvent."""
        if not isinstance(wish, dict) or not all(isinstance(wish.get(k), str) for k in ("method", "error")):
            raise BadEvent(f"refusal: expected an object with a method and an error, came {wish!r}")
        messages, times = wish.get("messages", []), wish.get("times", 1)
        if not isinstance(messages, list) or not isinstance(times, int) or not 1 <= times <= 1_000:
            raise BadEvent(f"refusal: expected a list of messages and 1-1000 times, came {wish!r}")
        with self._lock:
            self._ordered[wish["method"]].extend([Refused(wish["error"], *map(str, messages))] * times)

    def clear(self) -> None:
        """No more refusals."""
        with self._lock:
            self._ordered.clear()

    def spend(self, method: str) -> None:
        """Raises the next refusal of `method`, if one is ordered."""
        with self._lock:
            refused = self._ordered[method].popleft() if self._ordered[method] else None
        if refused is not None:
            raise Refused(refused.code, *refused.messages)
