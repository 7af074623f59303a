"""Push: carries messages to the endpoints of push subscriptions, in the body Google's service sends."""

import base64
import contextlib
import logging
import threading
from typing import Any

import requests

from infra.local.pubsub.backlog import Backlog, Delivery
from infra.local.pubsub.broker import Broker, NotThere

log = logging.getLogger("sekisho.pubsub")

CARRIERS = 8
"""Deliveries under way at the same time; a slow endpoint holds at most these up."""


def start_carriers(broker: Broker) -> None:
    """Carries messages from now on, in threads that end with the process."""
    for number in range(CARRIERS):
        threading.Thread(target=carry, args=(broker,), name=f"carrier-{number}", daemon=True).start()


def carry(broker: Broker) -> None:
    """Carries one message after the other, for ever."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two servers of one machine
        while True:
            backlog, delivery = broker.lease_for_push()
            is_accepted = deliver(session, backlog, delivery)
            settle = broker.accept if is_accepted else broker.fail
            with contextlib.suppress(NotThere):  # the subscription was deleted meanwhile
                settle(backlog.described.name, [delivery.ack_id])


def deliver(session: requests.Session, backlog: Backlog, delivery: Delivery) -> bool:
    """Whether the endpoint accepted the message: any 2xx (and 102, as Google's service has it)."""
    body = push_body(backlog, delivery)
    try:
        answer = session.post(backlog.endpoint, json=body, timeout=backlog.ack_deadline_seconds)
    except (requests.RequestException, ValueError) as error:
        outcome, is_accepted = type(error).__name__, False
    else:
        outcome, is_accepted = str(answer.status_code), answer.status_code == 102 or answer.ok
    log.info(
        "message %s to %s, attempt %d: %s",
        delivery.message.message_id,
        backlog.described.name,
        delivery.attempts,
        outcome,
    )
    return is_accepted


def push_body(backlog: Backlog, delivery: Delivery) -> dict[str, Any]:
    """The JSON an endpoint gets. Attempts are told only where there is a dead-letter policy."""
    message = delivery.message
    published = message.published_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body: dict[str, Any] = {
        "message": {
            "data": base64.b64encode(message.data).decode("ascii"),
            "attributes": dict(message.attributes),
            "messageId": message.message_id,
            "message_id": message.message_id,
            "publishTime": published,
            "publish_time": published,
        },
        "subscription": backlog.described.name,
    }
    if backlog.dead_letter_topic:
        body["deliveryAttempt"] = delivery.attempts
    return body
