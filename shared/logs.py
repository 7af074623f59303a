"""Logs: one JSON line per event worth counting, in Cloud Logging's field names.

Facts go in `extra={"facts": {...}}`, never into the message and never with post text or secrets in them. Each
line names the trace of its request, so that one search shows a post's way through all functions.
"""

import json
import logging
import sys
from typing import override

from shared.traces import log_fields

_SEVERITIES = {
    logging.DEBUG: "DEBUG",
    logging.INFO: "INFO",
    logging.WARNING: "WARNING",
    logging.ERROR: "ERROR",
    logging.CRITICAL: "CRITICAL",
}


class _JsonLines(logging.Formatter):
    @override
    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        line = {
            "severity": _SEVERITIES.get(record.levelno, "DEFAULT"),
            "message": record.getMessage(),
            "logger": record.name,
            **log_fields(),
            **facts,
        }
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def logger(function: str) -> logging.Logger:
    """The logger of one function, by name because handlers are loaded as module `main`."""
    found = logging.getLogger(f"sekisho.{function}")
    if not found.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(_JsonLines())
        found.addHandler(handler)
        found.setLevel(logging.INFO)
        found.propagate = False
    return found
