"""Pushes: one message of a Pub/Sub subscription, as a function gets it."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import flask

from shared import settings
from shared.errors import BadEvent
from shared.telemetry import spanned
from shared.traces import following, trace_of_message


@dataclass(frozen=True)
class Push:
    """The message, whatever is in it."""

    message_id: str
    attributes: Mapping[str, str]
    text: str
    """Its data as it came, in base64."""

    def data(self) -> bytes:
        """What was published. Raises BadEvent."""
        try:
            return base64.b64decode(self.text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadEvent(
                f"message.data: expected base64, came {self.text[:40]!r}", "message.data"
            ) from error


@contextmanager
def pushed(event: Any) -> Iterator[Push]:
    """The message of a CloudEvent; what is logged and published meanwhile belongs to the trace it came with.

    Refuses nothing: a body without a message is one without data.
    """
    content = event.data if isinstance(event.data, Mapping) else {}
    message = content.get("message")
    message = message if isinstance(message, Mapping) else {}
    found = message.get("attributes")
    attributes = (
        {str(name): str(value) for name, value in found.items()} if isinstance(found, Mapping) else {}
    )
    push = Push(str(message.get("messageId", event["id"])), attributes, str(message.get("data") or ""))
    header = flask.request.headers.get if flask.has_request_context() else None
    with spanned(trace_of_message(attributes, header)) as trace, following(trace, settings.project_name()):
        yield push
