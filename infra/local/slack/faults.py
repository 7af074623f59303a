"""Faults a test orders: the next calls of a method fail in a way Slack fails."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, Response, jsonify, request

LONGEST_TIMEOUT_SECONDS = 120.0


class Kind(StrEnum):
    """How a call fails. Only a malformed answer comes after the act: the caller can't know it was done."""

    RATE_LIMITED = "ratelimited"
    ERROR = "500"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Fault:
    """One failure to come. `retry_after` goes out as it is, when rate limited only."""

    kind: Kind
    retry_after: str = "1"
    seconds: float = 30.0


class Faults:
    """The failures ordered and not yet spent, first ordered first spent. A restart forgets them."""

    def __init__(self, methods: frozenset[str]) -> None:
        """`methods` can be told to fail."""
        self.methods = methods
        self._ordered: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def order(self, method: str, fault: Fault, times: int) -> None:
        """The next `times` calls of `method` fail like `fault`."""
        with self._lock:
            self._ordered[method].extend([fault] * times)

    def clear(self) -> None:
        """No more failures."""
        with self._lock:
            self._ordered.clear()

    def left(self) -> dict[str, list[str]]:
        """What is still to fail, per method."""
        with self._lock:
            return {
                method: [str(f.kind) for f in faults] for method, faults in self._ordered.items() if faults
            }

    def around(self, method: str, act: Callable[[], Response]) -> Response:
        """The answer to a call of `method`: what `act` answers, unless a failure is ordered."""
        with self._lock:
            fault = self._ordered[method].popleft() if self._ordered.get(method) else None
        if fault is None:
            return act()
        match fault.kind:
            case Kind.RATE_LIMITED:
                answer = _no(429, "ratelimited")
                answer.headers["Retry-After"] = fault.retry_after
                return answer
            case Kind.ERROR:
                return _no(500, "internal_error")
            case Kind.TIMEOUT:
                time.sleep(fault.seconds)
                return _no(504, "request_timeout")
            case Kind.MALFORMED:
                act()
                return Response('{"ok": true, "ts": "17', content_type="application/json")


def _no(status: int, code: str) -> Response:
    answer = jsonify({"ok": False, "error": code})
    answer.status_code = status
    return answer


def faults_api(faults: Faults) -> Blueprint:
    """`POST /control/faults` orders a failure, `GET` shows what is left, `DELETE` clears."""
    routes = Blueprint("faults", __name__)

    @routes.post("/control/faults")
    def order() -> tuple[Response, int]:
        wish = request.get_json()
        try:
            method, kind, times = str(wish["method"]), Kind(str(wish["kind"])), int(wish.get("times", 1))
            seconds = float(wish.get("seconds", 30))
        except (AttributeError, KeyError, TypeError, ValueError):
            return _wrong(f"a method, a kind of {[str(k) for k in Kind]} and numbers", wish)
        if method not in faults.methods:
            return _wrong(f"a method of {sorted(faults.methods)}", method)
        if not (1 <= times <= 10_000 and 0 <= seconds <= LONGEST_TIMEOUT_SECONDS):
            return _wrong(f"1-10000 times, 0-{LONGEST_TIMEOUT_SECONDS:.0f} seconds", wish)
        faults.order(method, Fault(kind, str(wish.get("retry_after", "1")), seconds), times)
        return jsonify(faults.left()), 201

    @routes.get("/control/faults")
    def left() -> Response:
        return jsonify(faults.left())

    @routes.delete("/control/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify({})

    return routes


def _wrong(expected: str, came: object) -> tuple[Response, int]:
    return jsonify({"error": f"fault: expected {expected}, came {came!r}"}), 400
