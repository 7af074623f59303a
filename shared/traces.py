"""Traces: which request a log line belongs to, from the webhook through Pub/Sub to the takedown.

A request's trace comes in its W3C `traceparent` header, or Google's older one; without either it begins here.
It goes on with every message published and every call of the platform made meanwhile, as `traceparent`, and
names every line logged, in the fields by which Cloud Logging joins lines across functions.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

HEADER = "traceparent"

type Headers = Callable[[str], str | None]
"""What a header or an attribute of that name says."""
_TRACEPARENT = re.compile(
    r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(-.*)?"
)
_GOOGLES = re.compile(r"(?P<trace>[0-9a-fA-F]{32})(/(?P<span>\d{1,20}))?(;o=(?P<sampled>[01]))?")


@dataclass(frozen=True)
class Trace:
    """One request's way through the system."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str = ""
    """The caller's step in it, 16 hexadecimal digits; "" where it begins here."""
    is_sampled: bool = False
    execution_id: str = ""
    """The one run of a function, as the cloud names it."""

    @property
    def traceparent(self) -> str:
        """The trace as the next one is told of it."""
        return (
            f"00-{self.trace_id}-{self.span_id or secrets.token_hex(8)}-{'01' if self.is_sampled else '00'}"
        )


_current: ContextVar[tuple[Trace, str] | None] = ContextVar("trace", default=None)


def trace_of(header: Headers | None = None) -> Trace:
    """The trace a request's headers or a message's attributes name, asked by name; else a new one.

    Whatever else stands there is no trace: nothing is refused for its sake.
    """
    if header is None:
        return Trace(secrets.token_hex(16))
    execution_id = (header("Function-Execution-Id") or "")[:64]
    found = _TRACEPARENT.fullmatch(header(HEADER) or "")
    if found and int(found["trace"], 16) and int(found["span"], 16):
        return Trace(found["trace"], found["span"], bool(int(found["flags"], 16) & 1), execution_id)
    found = _GOOGLES.fullmatch(header("X-Cloud-Trace-Context") or "")
    if found and int(found["trace"], 16):
        span = int(found["span"] or 0) % 2**64
        return Trace(
            found["trace"].lower(), f"{span:016x}" if span else "", found["sampled"] == "1", execution_id
        )
    return Trace(secrets.token_hex(16), execution_id=execution_id)


def trace_of_message(attributes: Mapping[str, str], header: Headers | None = None) -> Trace:
    """The trace of a message: its publisher's, where it has one, else that of the request it came by."""
    request = trace_of(header)
    publisher = trace_of(attributes.get) if HEADER in attributes else request
    return replace(publisher, execution_id=request.execution_id)


@contextmanager
def following(trace: Trace, project: str = "") -> Iterator[Trace]:
    """Whatever is logged, published or called within belongs to `trace`, which `project` keeps."""
    token = _current.set((trace, project))
    try:
        yield trace
    finally:
        _current.reset(token)


def baggage() -> dict[str, str]:
    """What a call or message made now carries of the trace; nothing outside of a request."""
    current = _current.get()
    return {HEADER: current[0].traceparent} if current else {}


def log_fields() -> dict[str, object]:
    """What a line logged now carries of the trace, in Cloud Logging's names; nothing outside of a request."""
    current = _current.get()
    if current is None:
        return {}
    trace, project = current
    fields: dict[str, object] = {
        "logging.googleapis.com/trace": f"projects/{project}/traces/{trace.trace_id}"
        if project
        else trace.trace_id,
        "logging.googleapis.com/trace_sampled": trace.is_sampled,
    }
    if trace.span_id:
        fields["logging.googleapis.com/spanId"] = trace.span_id
    if trace.execution_id:
        fields["logging.googleapis.com/labels"] = {"execution_id": trace.execution_id}
    return fields
