"""Signed webhooks of the platform, after the Standard Webhooks scheme (docs/platform-api.md)."""

import io
from dataclasses import dataclass

import flask
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from shared.errors import BadEvent, BadSignature, ConfigError, EventTooLarge

LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes: more than the longest post with every character escaped (12 MB). Unescaped, at 4 MB, it is within
the 10 MB that Pub/Sub and BigQuery take."""
LONGEST_ID = 256
"""Characters of a webhook id; it travels as an attribute of the message, of at most 1,024 bytes."""
LONGEST_REQUEST = 32 * 1024 * 1024
"""Bytes Cloud Run lets through; what claims to be longer is not read to its end."""
_PIECE = 64 * 1024


@dataclass(frozen=True)
class SignedEvent:
    """The body of a webhook whose signature and time hold, and the id under which it is repeated."""

    webhook_id: str
    body: bytes


def signed_body(request: flask.Request, secret: str) -> SignedEvent:
    """The event in `request`. Raises BadSignature (also when signed more than 5 minutes ago or ahead),
    EventTooLarge, or ConfigError for a secret that is none.
    """
    body = _read(request)
    try:
        webhook = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ConfigError(
            "SEKISHO_WEBHOOK_SECRET: expected whsec_ and base64, came something else"
        ) from error
    try:
        webhook.verify(body, dict(request.headers.items()), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise BadSignature(
            f"webhook: expected a valid signature of the last 5 minutes, came: {error}"
        ) from error
    webhook_id = request.headers["webhook-id"]
    if len(webhook_id) > LONGEST_ID:
        raise BadEvent(
            f"webhook-id: expected at most {LONGEST_ID} characters, came {len(webhook_id)}", "webhook-id"
        )
    return SignedEvent(webhook_id, body)


def _read(request: flask.Request) -> bytes:
    """The body of `request`. Raises EventTooLarge, or BadEvent where its sender hung up.

    Not by request.max_content_length: that cuts a body of untold length without a word, and raises again
    when functions-framework reads the request to its end after the handler. A body that is too large is
    read, and dropped: a sender still sending would not see the answer.
    """
    told = request.content_length
    body, size, stream = bytearray(), 0, request.stream
    request.stream = io.BytesIO()  # what is left of it is nobody else's
    try:
        while (told is None or told <= LONGEST_REQUEST) and size <= LONGEST_REQUEST:
            piece = stream.read(_PIECE)
            if not piece:
                break
            size += len(piece)
            if size <= LARGEST_EVENT:
                body += piece
    except OSError as error:
        raise BadEvent(f"event: expected {told or 'some'} bytes, came {size} and an end") from error
    if max(size, told or 0) > LARGEST_EVENT:
        came = f"{told:,}" if told else "more"
        raise EventTooLarge(f"event: expected at most {LARGEST_EVENT:,} bytes, came {came}")
    return bytes(body)
