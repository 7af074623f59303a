"""HTTP webhook of the platform: one signed event about a post -> checked -> published."""

import json
from datetime import UTC, datetime
from functools import cache

import flask
import functions_framework

from shared import settings
from shared.gcp.clients import publisher_client
from shared.gcp.topics import Topics
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.events import read_post
from shared.webhooks import signed_body

log = logger("receive_new_post")


@functions_framework.http
def receive_new_post(request: flask.Request) -> Reply:
    """Take one event; 202 once Pub/Sub holds it."""
    return replied(log, lambda: _receive(request))


def _receive(request: flask.Request) -> Reply:
    event = signed_body(request, settings.webhook_secret())
    post = read_post(event.body, datetime.now(UTC))
    message = json.dumps(post.to_event(), ensure_ascii=False).encode()
    names = {"webhook_id": event.webhook_id, "revision": str(post.revision)}
    _topics().publish(settings.intake().new_posts, message, names)
    log.info("post received", extra={"facts": {"post_id": post.post_id, "revision": post.revision}})
    return reply(202, {"status": "accepted"})


@cache
def _topics() -> Topics:
    cloud = settings.cloud()
    return Topics(publisher_client(cloud), cloud.project)
