"""Telemetry: one OpenTelemetry span for every request, where the operator names a collector.

Off by default, and then nothing of it is loaded: log lines carry the trace in any case.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from shared import settings
from shared.traces import Trace

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

PATIENCE_SECONDS = 2
"""For the collector to take a span. An instance may be stopped as soon as it has answered, so that the span
is sent before; a collector that does not answer costs a request this long, and nothing else."""


@contextmanager
def spanned(trace: Trace) -> Iterator[Trace]:
    """A request's own span in `trace`, sent when it ends; `trace` itself where there is no collector.

    The trace it gives is what goes on with messages and calls. A trace whose caller chose not to record it
    is not recorded here either.
    """
    collector = settings.collector()
    if collector is None:
        yield trace
        return
    provider = _provider(collector.url, collector.function)
    span = provider.get_tracer("sekisho").start_span(collector.function, _parent(trace))
    context = span.get_span_context()
    own = replace(
        trace,
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        is_sampled=context.trace_flags.sampled,
    )
    try:
        yield own
    except BaseException as error:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        span.set_status(StatusCode.ERROR, type(error).__name__)  # its message may hold what nobody may see
        raise
    finally:
        span.end()
        provider.force_flush(PATIENCE_SECONDS * 1_000)


def _parent(trace: Trace) -> "Context | None":
    if not trace.span_id:
        return None
    from opentelemetry.trace import (  # noqa: PLC0415 - loaded only where a collector is named
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    flags = TraceFlags(TraceFlags.SAMPLED if trace.is_sampled else TraceFlags.DEFAULT)
    caller = SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(caller))


@cache
def _provider(url: str, function: str) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource({SERVICE_NAME: f"sekisho-{function}"}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", timeout=PATIENCE_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
