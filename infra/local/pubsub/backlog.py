"""The backlog of one subscription: what is due, what is leased, and what comes of each delivery."""

import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.pubsub_v1 import types

DEFAULT_SHORTEST_WAIT = 0.1
DEFAULT_LONGEST_WAIT = 10.0
DEFAULT_ACK_DEADLINE = 10
DEFAULT_ATTEMPTS = 5


@dataclass(frozen=True)
class Message:
    """What was published, as it was stamped."""

    message_id: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: datetime


@dataclass
class Delivery:
    """One message on its way through one subscription."""

    message: Message
    attempts: int = 0
    ack_id: str = ""
    lease_ends: float = 0.0


@dataclass
class Backlog:
    """The messages of a subscription that nobody accepted yet. Times are monotonic seconds."""

    described: types.Subscription
    waiting: list[tuple[float, int, Delivery]] = field(default_factory=list)
    leased: dict[str, Delivery] = field(default_factory=dict)
    order: Iterator[int] = field(default_factory=itertools.count)

    @property
    def endpoint(self) -> str:
        """Where messages are pushed to; empty where they are pulled."""
        return self.described.push_config.push_endpoint

    @property
    def ack_deadline_seconds(self) -> int:
        """How long a delivery may take before it counts as failed."""
        return self.described.ack_deadline_seconds or DEFAULT_ACK_DEADLINE

    @property
    def dead_letter_topic(self) -> str:
        """Where a message goes that was tried often enough; empty where it is tried for ever."""
        return self.described.dead_letter_policy.dead_letter_topic

    @property
    def attempts_allowed(self) -> int:
        """How many deliveries a message gets before it is a dead letter."""
        return self.described.dead_letter_policy.max_delivery_attempts or DEFAULT_ATTEMPTS

    def add(self, delivery: Delivery, due: float) -> None:
        """Has `delivery` made at `due` or later."""
        heapq.heappush(self.waiting, (due, next(self.order), delivery))

    def next_due(self) -> float | None:
        """When the next delivery is due, or None where none waits."""
        return self.waiting[0][0] if self.waiting else None

    def lease(self, now: float, ack_id: str) -> Delivery | None:
        """The next delivery that is due, counted as one more attempt, or None."""
        if not self.waiting or self.waiting[0][0] > now:
            return None
        delivery = heapq.heappop(self.waiting)[2]
        delivery.attempts += 1
        delivery.ack_id = ack_id
        delivery.lease_ends = now + self.ack_deadline_seconds
        self.leased[ack_id] = delivery
        return delivery

    def overdue(self, now: float) -> list[str]:
        """The ack ids whose time is over."""
        return [ack_id for ack_id, delivery in self.leased.items() if delivery.lease_ends <= now]

    def wait_after(self, attempts: int) -> float:
        """Seconds from the failed attempt number `attempts` to the next: doubling, within the policy."""
        policy = self.described.retry_policy
        shortest = _seconds(policy.minimum_backoff, DEFAULT_SHORTEST_WAIT)
        longest = _seconds(policy.maximum_backoff, DEFAULT_LONGEST_WAIT)
        return min(longest, shortest * 2.0 ** min(attempts - 1, 30))

    def dead_letter(self, delivery: Delivery) -> tuple[bytes, dict[str, str]]:
        """Data and attributes of the dead letter that `delivery` becomes, marked as the cloud marks it."""
        project, name = self.described.name.split("/")[1::2]
        return delivery.message.data, {
            **delivery.message.attributes,
            "CloudPubSubDeadLetterSourceDeliveryCount": str(delivery.attempts),
            "CloudPubSubDeadLetterSourceSubscription": name,
            "CloudPubSubDeadLetterSourceSubscriptionProject": project,
            "CloudPubSubDeadLetterSourceTopicPublishTime": delivery.message.published_at.isoformat(),
        }


def _seconds(duration: timedelta | None, default: float) -> float:
    return duration.total_seconds() if duration else default
