"""Spans go to the collector an operator names; without one nothing is loaded, and a dead one stops nobody."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared import settings
from shared.errors import ConfigError
from shared.telemetry import spanned
from shared.traces import Trace, trace_of

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    """An OpenTelemetry collector that keeps what it is told."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = ExportTraceServiceRequest.FromString(
                    self.rfile.read(int(self.headers["Content-Length"]))
                )
                for resource in told.resource_spans:
                    (name,) = (
                        each.value.string_value
                        for each in resource.resource.attributes
                        if each.key == "service.name"
                    )
                    owner.spans += [(name, span) for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    monkeypatch.setenv("SEKISHO_COLLECTOR_URL", f"{collector.url}/")
    monkeypatch.setenv("FUNCTION_TARGET", "judge_post")
    yield collector
    collector.close()


def test_a_request_is_a_span_of_its_callers_trace_and_is_sent_before_the_answer(collector: Collector) -> None:
    with spanned(Trace(TRACE, CALLER, True, "run-7")) as own:
        assert (own.trace_id, own.execution_id, own.is_sampled) == (TRACE, "run-7", True)
        assert own.span_id != CALLER, "what it calls is told of its own step"
    ((name, span),) = collector.spans
    assert (name, span.name) == ("sekisho-judge_post", "judge_post")
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.span_id.hex()) == (
        TRACE,
        CALLER,
        own.span_id,
    )
    assert span.end_time_unix_nano >= span.start_time_unix_nano > 0


def test_a_trace_that_begins_here_is_recorded_and_one_nobody_records_is_not(collector: Collector) -> None:
    with spanned(trace_of()) as begun:
        pass
    with spanned(Trace(TRACE, CALLER, False)) as unrecorded:
        assert unrecorded.trace_id == TRACE
    ((_, span),) = collector.spans
    assert (span.trace_id.hex(), span.parent_span_id) == (begun.trace_id, b"")


def test_what_fails_is_marked_without_its_words(collector: Collector) -> None:
    with pytest.raises(ValueError, match="text of a post"), spanned(Trace(TRACE, CALLER, True)):
        raise ValueError("the text of a post")
    ((_, span),) = collector.spans
    assert (span.status.code, span.status.message) == (2, "ValueError")
    assert b"text of a post" not in span.SerializeToString()


def test_a_collector_that_is_down_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKISHO_COLLECTOR_URL", "http://127.0.0.1:9")
    with spanned(Trace(TRACE, CALLER, True)) as own:
        assert own.trace_id == TRACE


def test_without_a_collector_the_trace_goes_on_and_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKISHO_COLLECTOR_URL", raising=False)
    with spanned(Trace(TRACE, CALLER)) as same:
        assert same == Trace(TRACE, CALLER)
    asked = "import sys; from shared.telemetry import spanned; from shared.traces import trace_of\n"
    asked += (
        "with spanned(trace_of()): pass\nprint([name for name in sys.modules if 'opentelemetry' in name])"
    )
    done = subprocess.run([sys.executable, "-c", asked], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_collector_that_is_no_url_is_told() -> None:
    with pytest.raises(ConfigError, match="SEKISHO_COLLECTOR_URL: expected http://"):
        settings.collector({"SEKISHO_COLLECTOR_URL": "collector:4318"})
    assert settings.collector({}) is None
