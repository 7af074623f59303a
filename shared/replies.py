"""Replies of HTTP functions: what an error means to the one who called."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import flask

from shared import settings
from shared.errors import (
    BadEvent,
    BadSignature,
    EventTooLarge,
    PlatformUnavailable,
    SekishoError,
    StorageUnavailable,
)
from shared.telemetry import spanned
from shared.traces import following, trace_of

Reply = tuple[str, int, dict[str, str]]
"""Body, HTTP status and headers, as Flask takes them."""


def reply(status: int, content: Mapping[str, Any]) -> Reply:
    """A JSON reply."""
    return json.dumps(content, ensure_ascii=False, default=str), status, {"Content-Type": "application/json"}


def replied(logger: logging.Logger, work: Callable[[], Reply]) -> Reply:
    """What `work` replies; its errors as 4xx (drop it), 503 (call again) or 500 (somebody must fix it).

    What is logged, published and called meanwhile belongs to the request's trace.
    """
    header = flask.request.headers.get if flask.has_request_context() else None
    with spanned(trace_of(header)) as trace, following(trace, settings.project_name()):
        return _replied(logger, work)


def _replied(logger: logging.Logger, work: Callable[[], Reply]) -> Reply:
    try:
        return work()
    except BadSignature as error:
        logger.warning("signature refused", extra={"facts": {"error": str(error)}})
        return reply(401, {"error": str(error)})
    except BadEvent as error:
        logger.warning("bad event refused", extra={"facts": {"error": str(error), "field": error.field}})
        status = 413 if isinstance(error, EventTooLarge) else 400
        return reply(status, {"error": str(error), "field": error.field})
    except (StorageUnavailable, PlatformUnavailable) as error:
        logger.warning("not done: to be called again", extra={"facts": {"error": str(error)}})
        return reply(503, {"error": str(error)})
    except SekishoError as error:
        logger.error(
            "not done: to be fixed", extra={"facts": {"error": str(error), "kind": type(error).__name__}}
        )
        return reply(500, {"error": str(error), "kind": type(error).__name__})
