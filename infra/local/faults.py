"""Faults a test orders: the next calls of an endpoint fail in a way real services fail."""

import re
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, jsonify, request

from shared.errors import BadEvent

LONGEST_TIMEOUT_SECONDS = 120.0


class Kind(StrEnum):
    """How a call fails. The last three fail after the act was carried out: the caller can't know."""

    ERROR = "500"
    TOO_MANY = "429"
    IN_PROGRESS = "in_progress"
    TIMEOUT = "timeout"
    ERROR_AFTER_ACTING = "500_after_acting"
    MALFORMED = "malformed"
    DROP_AFTER_ACTING = "drop_after_acting"


@dataclass(frozen=True)
class Fault:
    """One failure to come. `retry_after` goes out as it is (seconds or an HTTP date), for 429 only."""

    kind: Kind
    retry_after: str = "1"
    seconds: float = 30.0


class Faults:
    """The failures ordered and not yet spent, first ordered first spent. A restart forgets them."""

    def __init__(
        self,
        endpoints: frozenset[str],
        error_body: Callable[[str], Mapping[str, Any]],
        malformed: str = '{"state": "taken',
    ) -> None:
        """`endpoints` can be told to fail; `error_body` makes this service's error answer from a code.

        `malformed` is how a reply of this service looks when it breaks off.
        """
        self.endpoints = endpoints
        self._error_body = error_body
        self._malformed = malformed
        self._ordered: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def order(self, endpoint: str, fault: Fault, times: int) -> None:
        """The next `times` calls of `endpoint` fail like `fault`."""
        with self._lock:
            self._ordered[endpoint].extend([fault] * times)

    def clear(self) -> None:
        """No more failures."""
        with self._lock:
            self._ordered.clear()

    def left(self) -> dict[str, list[str]]:
        """What is still to fail, per endpoint."""
        with self._lock:
            return {
                endpoint: [str(f.kind) for f in faults]
                for endpoint, faults in self._ordered.items()
                if faults
            }

    def around(self, endpoint: str, act: Callable[[], Response]) -> Response:
        """The answer to a call of `endpoint`: what `act` answers, unless a failure is ordered."""
        with self._lock:
            fault = self._ordered[endpoint].popleft() if self._ordered[endpoint] else None
        if fault is None:
            return act()
        match fault.kind:
            case Kind.ERROR:
                return self._error(500, "internal_error")
            case Kind.TOO_MANY:
                answer = self._error(429, "ratelimited")
                answer.headers["Retry-After"] = fault.retry_after
                return answer
            case Kind.IN_PROGRESS:
                return self._error(409, "in_progress")
            case Kind.TIMEOUT:
                time.sleep(fault.seconds)
                return self._error(504, "timeout")
            case Kind.ERROR_AFTER_ACTING:
                act()
                return self._error(500, "internal_error")
            case Kind.MALFORMED:
                act()
                return Response(self._malformed, content_type="application/json")
            case Kind.DROP_AFTER_ACTING:
                act()
                _hang_up()
                return self._error(500, "connection_dropped")  # written to a closed line: nobody reads it

    def _error(self, status: int, code: str) -> Response:
        answer = jsonify(self._error_body(code))
        answer.status_code = status
        return answer


def _hang_up() -> None:
    """Closes the caller's connection without an answer."""
    line = request.environ.get("werkzeug.socket")
    if isinstance(line, socket.socket):
        line.shutdown(socket.SHUT_RDWR)


def faults_api(faults: Faults) -> Blueprint:
    """`POST /faults` orders a failure, `GET` shows what is left, `DELETE` clears."""
    routes = Blueprint("faults", __name__)

    @routes.post("/faults")
    def order() -> tuple[Response, int]:
        wish = request.get_json()
        if not isinstance(wish, dict):
            raise BadEvent(f"fault: expected a JSON object, came {type(wish).__name__}")
        endpoint = wish.get("endpoint")
        if endpoint not in faults.endpoints:
            raise BadEvent(
                f"endpoint: expected one of {sorted(faults.endpoints)}, came {endpoint!r}", "endpoint"
            )
        try:
            kind, times, seconds = (
                Kind(wish["kind"]),
                int(wish.get("times", 1)),
                float(wish.get("seconds", 30)),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadEvent(
                f"fault: expected a kind of {[str(k) for k in Kind]} and numbers, came {wish}"
            ) from error
        if not (1 <= times <= 10_000 and 0 <= seconds <= LONGEST_TIMEOUT_SECONDS):
            raise BadEvent(
                f"fault: expected 1-10000 times, 0-{LONGEST_TIMEOUT_SECONDS:.0f} seconds, came {wish}"
            )
        retry_after = str(wish.get("retry_after", "1"))
        if not re.fullmatch("[ -~]{1,100}", retry_after):
            raise BadEvent(
                f"retry_after: expected 1-100 characters a header may hold, came {retry_after!r}",
                "retry_after",
            )
        faults.order(endpoint, Fault(kind, retry_after, seconds), times)
        return jsonify(faults.left()), 201

    @routes.get("/faults")
    def left() -> Response:
        return jsonify(faults.left())

    @routes.delete("/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify({})

    return routes
