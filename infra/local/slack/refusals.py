"""How Slack says no: HTTP 200, `ok: false`, a code, and messages for people; and the noes a test orders."""

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import BadEvent, SekishoError

LONGEST_SECONDS = 120.0


class Refused(SekishoError):
    """Don't repeat it: Slack understood the call and will not do it. `code` is Slack's own word for why."""

    def __init__(self, code: str, *messages: str) -> None:
        super().__init__(": ".join((code, *messages)))
        self.code = code
        self.messages = messages


@dataclass(frozen=True)
class OrderedRefusal:
    """A no to come. It may be said late, with another status, and though the call was carried out."""

    refused: Refused
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    after_acting: bool = False
    seconds: float = 0.0
    """How long the answer takes."""

    @classmethod
    def of(cls, wish: Mapping[str, Any]) -> "OrderedRefusal":
        """As it was ordered. Raises BadEvent."""
        messages, headers = wish.get("messages", []), wish.get("headers", {})
        status, seconds = wish.get("status", 200), wish.get("seconds", 0)
        after_acting = wish.get("after_acting", False)
        if not (
            isinstance(messages, list)
            and isinstance(headers, dict)
            and isinstance(status, int)
            and 200 <= status <= 599
            and isinstance(seconds, int | float)
            and 0 <= seconds <= LONGEST_SECONDS
            and isinstance(after_acting, bool)
        ):
            raise BadEvent(
                "refusal: expected a list of messages, an object of headers, a status of 200-599, "
                f"0-{LONGEST_SECONDS:.0f} seconds and after_acting true or false, came {wish!r}"
            )
        refused = Refused(wish["error"], *map(str, messages))
        named = tuple((str(name), str(value)) for name, value in headers.items())
        return cls(refused, status, named, after_acting, float(seconds))


class OrderedRefusals:
    """Refusals to come, by method, first ordered first spent: what a workspace may answer and this one can't.

    A bot without a scope, an archived channel, an upload that is not ready yet, a rate limit that does not
    say for how long, an answer that comes too late. A restart forgets them.
    """

    def __init__(self) -> None:
        self._ordered: defaultdict[str, deque[OrderedRefusal]] = defaultdict(deque)
        self._lock = threading.Lock()

    def order(self, wish: Any) -> None:
        """The next `times` calls of `method` are refused as `error`. Raises BadEvent."""
        if not isinstance(wish, dict) or not all(isinstance(wish.get(k), str) for k in ("method", "error")):
            raise BadEvent(f"refusal: expected an object with a method and an error, came {wish!r}")
        times = wish.get("times", 1)
        if not isinstance(times, int) or not 1 <= times <= 1_000:
            raise BadEvent(f"refusal: expected 1-1000 times, came {wish!r}")
        ordered = OrderedRefusal.of(wish)
        with self._lock:
            self._ordered[wish["method"]].extend([ordered] * times)

    def clear(self) -> None:
        """No more refusals."""
        with self._lock:
            self._ordered.clear()

    def spend(self, method: str) -> OrderedRefusal | None:
        """The next refusal of `method`, None if none is ordered."""
        with self._lock:
            return self._ordered[method].popleft() if self._ordered[method] else None
