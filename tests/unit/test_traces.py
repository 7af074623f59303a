"""A trace is read from whatever header names it, goes on with messages and calls, and names log lines."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from shared import logs
from shared.traces import Trace, baggage, following, log_fields, trace_of, trace_of_message

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
STANDARD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceparent": STANDARD}, Trace(TRACE, SPAN, True)),
        ({"traceparent": f"00-{TRACE}-{SPAN}-00"}, Trace(TRACE, SPAN, False)),
        ({"traceparent": f"cc-{TRACE}-{SPAN}-01-what-the-future-adds"}, Trace(TRACE, SPAN, True)),
        ({"X-Cloud-Trace-Context": f"{TRACE}/255;o=1"}, Trace(TRACE, "00000000000000ff", True)),
        ({"X-Cloud-Trace-Context": f"{TRACE.upper()}/255;o=0"}, Trace(TRACE, "00000000000000ff", False)),
        ({"X-Cloud-Trace-Context": TRACE}, Trace(TRACE)),
        ({"X-Cloud-Trace-Context": f"{TRACE}/0"}, Trace(TRACE)),
        (
            {
                "traceparent": STANDARD,
                "X-Cloud-Trace-Context": f"{'9' * 32}/1;o=0",
                "Function-Execution-Id": "e1",
            },
            Trace(TRACE, SPAN, True, "e1"),
        ),
    ],
)
def test_the_trace_of_a_request_is_the_one_its_header_names(
    headers: Mapping[str, str], expected: Trace
) -> None:
    assert trace_of(headers.get) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": ""},
        {"traceparent": STANDARD.upper()},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-01"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
        {"traceparent": f"00-{TRACE}-{SPAN}"},
        {"traceparent": f"00-{TRACE}-{SPAN}-01\n"},
        {"X-Cloud-Trace-Context": "x" * 10_000},
        {"X-Cloud-Trace-Context": f"{'0' * 32}/1"},
        {"X-Cloud-Trace-Context": f"{TRACE}/-1"},
    ],
)
def test_a_request_that_names_none_begins_a_trace_of_its_own(headers: Mapping[str, str]) -> None:
    first, second = trace_of(headers.get), trace_of(headers.get)
    assert first.trace_id != second.trace_id
    assert len(first.trace_id) == 32
    assert (first.span_id, first.is_sampled) == ("", False)


def test_nothing_is_carried_or_logged_outside_of_a_request() -> None:
    assert (baggage(), log_fields()) == ({}, {})


def test_what_is_called_within_a_request_is_told_of_its_trace() -> None:
    with following(Trace(TRACE, SPAN, True)):
        assert baggage() == {"traceparent": STANDARD}
    with following(trace_of()) as begun:
        carried = trace_of(baggage().get)
        assert (carried.trace_id, carried.is_sampled) == (begun.trace_id, False)
    assert baggage() == {}


def test_a_trace_ends_with_its_request_even_where_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), following(Trace(TRACE, SPAN)):
        raise ZeroDivisionError
    assert baggage() == {}


def test_a_message_goes_on_with_its_publishers_trace_and_its_own_execution() -> None:
    request = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-00", "Function-Execution-Id": "run-7"}.get
    published = trace_of_message({"traceparent": STANDARD, "webhook_id": "w-1"}, request)
    assert published == Trace(TRACE, SPAN, True, "run-7")
    assert trace_of_message({"webhook_id": "w-1"}, request) == Trace("1" * 32, "2" * 16, False, "run-7")
    assert trace_of_message({"traceparent": "nonsense"}, request).trace_id not in (TRACE, "1" * 32)
    assert trace_of_message({}).execution_id == ""


def test_a_line_is_named_as_cloud_logging_joins_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log = logs.logger(f"test_{uuid.uuid4().hex}")
    with following(Trace(TRACE, SPAN, True, "run-7"), "shop"):
        log.info("post judged", extra={"facts": {"post_id": "p-1"}})
    log.info("idle")
    inside, outside = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    fields: dict[str, Any] = {
        "logging.googleapis.com/trace": f"projects/shop/traces/{TRACE}",
        "logging.googleapis.com/spanId": SPAN,
        "logging.googleapis.com/trace_sampled": True,
        "logging.googleapis.com/labels": {"execution_id": "run-7"},
    }
    assert fields.items() <= inside.items()
    assert inside["post_id"] == "p-1"
    assert not [name for name in outside if name.startswith("logging.googleapis.com/")]
