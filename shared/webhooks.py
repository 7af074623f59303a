"""Signed webhooks of the platform, after the Standard Webhooks scheme (docs/platform-api.md)."""

from dataclasses import dataclass

import flask
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError
from werkzeug.exceptions import RequestEntityTooLarge

from shared.errors import BadSignature, ConfigError, EventTooLarge

LARGEST_EVENT = 8 * 1024 * 1024
"""Bytes. A message may hold 10 MB in Pub/Sub; a post of the longest body escaped as JSON stays below this."""


@dataclass(frozen=True)
class SignedEvent:
    """The body of a webhook whose signature and time hold, and the id under which it is repeated."""

    webhook_id: str
    body: bytes


def signed_body(request: flask.Request, secret: str) -> SignedEvent:
    """The event in `request`. Raises BadSignature (also when signed more than 5 minutes ago or ahead),
    EventTooLarge, or ConfigError for a secret that is none.
    """
    request.max_content_length = LARGEST_EVENT
    try:
        body = request.get_data()
    except RequestEntityTooLarge as error:
        came = f"{request.content_length:,}" if request.content_length else "more"
        raise EventTooLarge(f"event: expected at most {LARGEST_EVENT:,} bytes, came {came}") from error
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
    return SignedEvent(request.headers["webhook-id"], body)
