"""The broker: topics, subscriptions, and who gets which message when. Thread-safe."""

import itertools
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from google.pubsub_v1 import types

from infra.local.pubsub.backlog import Backlog, Delivery, Message

DELETED_TOPIC = "_deleted-topic_"


class AlreadyThere(Exception):
    """Something of that name is there already."""


class NotThere(Exception):
    """Nothing of that name is there."""


class Broker:
    """All topics and subscriptions of all projects."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.topics: dict[str, types.Topic] = {}
        self.backlogs: dict[str, Backlog] = {}
        self._ids = itertools.count(1)

    def create_topic(self, topic: types.Topic) -> types.Topic:
        """Adds a topic. Raises AlreadyThere."""
        with self.changed:
            if topic.name in self.topics:
                raise AlreadyThere(topic.name)
            self.topics[topic.name] = topic
            return topic

    def topic(self, name: str) -> types.Topic:
        """The topic called `name`. Raises NotThere."""
        with self.changed:
            return self._topic(name)

    def topics_of(self, project: str) -> list[types.Topic]:
        """The topics of `projects/PROJECT`."""
        with self.changed:
            return [topic for name, topic in self.topics.items() if name.startswith(f"{project}/topics/")]

    def delete_topic(self, name: str) -> None:
        """Removes a topic; its subscriptions keep what they have. Raises NotThere."""
        with self.changed:
            self._topic(name)
            del self.topics[name]
            for backlog in self.backlogs.values():
                if backlog.described.topic == name:
                    backlog.described.topic = DELETED_TOPIC

    def publish(self, topic: str, messages: Sequence[tuple[bytes, Mapping[str, str]]]) -> list[str]:
        """Gives each subscription of `topic` a copy of each message; their ids. Raises NotThere."""
        with self.changed:
            self._topic(topic)
            return [self._publish(topic, data, attributes) for data, attributes in messages]

    def subscribe(self, described: types.Subscription) -> types.Subscription:
        """Adds a subscription, which gets what is published from now on. Raises AlreadyThere, NotThere."""
        with self.changed:
            if described.name in self.backlogs:
                raise AlreadyThere(described.name)
            self._topic(described.topic)
            self.backlogs[described.name] = Backlog(described)
            self.changed.notify_all()
            return described

    def subscription(self, name: str) -> types.Subscription:
        """The subscription called `name`. Raises NotThere."""
        with self.changed:
            return self._backlog(name).described

    def subscriptions_of(self, project: str) -> list[types.Subscription]:
        """The subscriptions of `projects/PROJECT`."""
        with self.changed:
            start = f"{project}/subscriptions/"
            return [each.described for name, each in self.backlogs.items() if name.startswith(start)]

    def unsubscribe(self, name: str) -> None:
        """Removes a subscription with all it has. Raises NotThere."""
        with self.changed:
            self._backlog(name)
            del self.backlogs[name]

    def push_to(self, name: str, config: types.PushConfig) -> None:
        """Pushes to another endpoint from now on; none: messages are pulled. Raises NotThere."""
        with self.changed:
            self._backlog(name).described.push_config = config
            self.changed.notify_all()

    def pull(self, name: str, most: int, within_seconds: float) -> list[Delivery]:
        """Up to `most` deliveries of a subscription, waiting for the first. Raises NotThere."""
        deadline = time.monotonic() + within_seconds
        with self.changed:
            while True:
                now = time.monotonic()
                backlog = self._backlog(name)
                self._give_up_overdue(name, now)
                leases = (backlog.lease(now, _ack_id()) for _ in range(most))
                pulled = [delivery for delivery in leases if delivery]
                if pulled or now >= deadline:
                    return pulled
                due = backlog.next_due()
                self.changed.wait(min(deadline, due if due is not None else deadline, now + 1.0) - now)

    def lease_for_push(self) -> tuple[Backlog, Delivery]:
        """The next delivery of any push subscription, waiting until there is one."""
        with self.changed:
            while True:
                now = time.monotonic()
                dues: list[float] = []
                for backlog in self.backlogs.values():
                    due = backlog.next_due()
                    if not backlog.endpoint or due is None:
                        continue
                    if delivery := backlog.lease(now, _ack_id()):
                        return backlog, delivery
                    dues.append(due)
                self.changed.wait(min(dues) - now if dues else None)

    def accept(self, name: str, ack_ids: Sequence[str]) -> None:
        """Forgets deliveries that arrived. Ids nobody knows (any more) do no harm. Raises NotThere."""
        with self.changed:
            for ack_id in ack_ids:
                self._backlog(name).leased.pop(ack_id, None)

    def fail(self, name: str, ack_ids: Sequence[str]) -> None:
        """Has deliveries made again after a while, or makes dead letters of them. Raises NotThere."""
        with self.changed:
            self._backlog(name)
            for ack_id in ack_ids:
                self._fail(name, ack_id)

    def extend(self, name: str, ack_ids: Sequence[str], seconds: int) -> None:
        """Gives leased deliveries `seconds` from now. Raises NotThere."""
        with self.changed:
            for ack_id in ack_ids:
                if delivery := self._backlog(name).leased.get(ack_id):
                    delivery.lease_ends = time.monotonic() + seconds

    def _topic(self, name: str) -> types.Topic:
        if name not in self.topics:
            raise NotThere(name)
        return self.topics[name]

    def _backlog(self, name: str) -> Backlog:
        if name not in self.backlogs:
            raise NotThere(name)
        return self.backlogs[name]

    def _publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        message = Message(str(next(self._ids)), data, dict(attributes), datetime.now(UTC))
        for backlog in self.backlogs.values():
            if backlog.described.topic == topic:
                backlog.add(Delivery(message), time.monotonic())
        self.changed.notify_all()
        return message.message_id

    def _give_up_overdue(self, name: str, now: float) -> None:
        for ack_id in self.backlogs[name].overdue(now):
            self._fail(name, ack_id)

    def _fail(self, name: str, ack_id: str) -> None:
        backlog = self.backlogs[name]
        delivery = backlog.leased.pop(ack_id, None)
        if delivery is None:
            return
        is_dead = backlog.dead_letter_topic and delivery.attempts >= backlog.attempts_allowed
        if is_dead and backlog.dead_letter_topic in self.topics:
            self._publish(backlog.dead_letter_topic, *backlog.dead_letter(delivery))
            return  # and where that topic is gone, it is tried on: nothing is lost
        backlog.add(
            Delivery(delivery.message, delivery.attempts),
            time.monotonic() + backlog.wait_after(delivery.attempts),
        )
        self.changed.notify_all()


def _ack_id() -> str:
    return uuid.uuid4().hex
