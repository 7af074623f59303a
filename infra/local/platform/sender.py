"""The background sender: signs the webhooks of the outbox and sends them until they are taken."""

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import requests
from standardwebhooks import Webhook

from infra.local.database import Database
from infra.local.platform import deliveries
from infra.local.platform.deliveries import Delivery, DeliveryState, Kind

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 60.0
TROUBLE_SECONDS = 1.0
WORKERS = 4

log = logging.getLogger("sekisho.local.platform.sender")


class Sender:
    """Sends what is due, a few at a time: tries again after 5xx and silence, with the same webhook id."""

    def __init__(
        self, database: Database, secret: str, urls: Mapping[Kind, str], first_wait_seconds: float
    ) -> None:
        """`secret` signs (whsec_…); `urls` is where each kind goes; the first retry waits so long."""
        self._database = database
        self._webhook = Webhook(secret)
        self._urls = urls
        self._first_wait_seconds = first_wait_seconds
        self._changed = threading.Condition()
        self._changes = 0
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins with what a stopped platform left unsent."""
        with self._database.writing() as db:
            deliveries.release(db, datetime.now(UTC))
        self._threads = [
            threading.Thread(target=self._work, name=f"sender-{n}", daemon=True) for n in range(WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There is something new to send."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Sends nothing more; what is unsent stays in the outbox."""
        self._stopped = True
        self.wake()
        for thread in self._threads:
            thread.join(timeout=0.5)  # one that waits for an answer is left to end with the process

    def _work(self) -> None:
        with requests.Session() as session:
            while not self._stopped:
                seen = self._changes
                try:
                    delivery = self._claim()
                    if delivery is None:
                        self._wait(seen)
                    else:
                        self._send(session, delivery)
                except Exception:  # a thread that died would leave its webhooks unsent, and say nothing
                    log.exception("sending a webhook failed")
                    with self._changed:  # not _wait: what failed may be the database it reads
                        self._changed.wait_for(lambda: self._stopped, timeout=TROUBLE_SECONDS)

    def _claim(self) -> Delivery | None:
        now = datetime.now(UTC)
        with self._database.reading() as db:
            due_at = deliveries.next_due(db)
        if due_at is None or due_at > now.timestamp():
            return None
        with self._database.writing() as db:
            return deliveries.claim(db, now)

    def _wait(self, seen: int) -> None:
        with self._database.reading() as db:
            due_at = deliveries.next_due(db)
        seconds = 5.0 if due_at is None else max(0.01, min(5.0, due_at - datetime.now(UTC).timestamp()))
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._changes != seen, timeout=seconds)

    def _send(self, session: requests.Session, delivery: Delivery) -> None:
        at = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._webhook.sign(delivery.webhook_id, at, delivery.body),
        }
        status: int | None = None
        try:
            response = session.post(
                self._urls[delivery.kind],
                data=delivery.body.encode(),
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
            status, answer = response.status_code, f"{response.status_code} {response.text}"
        except requests.RequestException as error:
            answer = type(error).__name__
        with self._database.writing() as db:
            state = deliveries.settle(
                db, delivery, status, answer, datetime.now(UTC), self._first_wait_seconds
            )
        if state in (DeliveryState.REFUSED, DeliveryState.GIVEN_UP):
            facts = {"webhook_id": delivery.webhook_id, "state": str(state), "status": status}
            log.warning("webhook %(webhook_id)s %(state)s, last status %(status)s", facts)
