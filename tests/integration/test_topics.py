"""Publishing to Pub/Sub by the official client, against our own emulator."""

import uuid
from collections.abc import Iterator

import grpc
import pytest
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from infra.local.emulators import own_pubsub_program
from infra.local.processes import Processes, free_ports
from shared.errors import ConfigError, StorageUnavailable
from shared.gcp import topics
from shared.gcp.clients import publisher_client
from shared.gcp.topics import Topics
from shared.settings import Cloud
from shared.traces import following, trace_of

PROJECT = "sekisho-local"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_ports(1)[0]
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        processes.start(own_pubsub_program(port))
        processes.wait_until_ready()
        yield f"127.0.0.1:{port}"


def test_a_published_message_is_there_to_be_read(address: str) -> None:
    publisher = publisher_client(Cloud(PROJECT, "sekisho", pubsub_emulator=address))
    topic = f"topic-{uuid.uuid4().hex}"
    subscription = f"projects/{PROJECT}/subscriptions/{topic}"
    publisher.create_topic(name=f"projects/{PROJECT}/topics/{topic}")
    with grpc.insecure_channel(address) as channel:
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        subscriber.create_subscription(name=subscription, topic=f"projects/{PROJECT}/topics/{topic}")
        message_id = Topics(publisher, PROJECT).publish(topic, "投稿".encode(), {"webhook_id": "w-1"})
        pulled = subscriber.pull(subscription=subscription, max_messages=1, timeout=20)
    message = pulled.received_messages[0].message
    assert (message.message_id, message.data) == (message_id, "投稿".encode())
    assert dict(message.attributes) == {"webhook_id": "w-1"}


def test_many_messages_are_published_at_once_each_with_what_they_carry(address: str) -> None:
    publisher = publisher_client(Cloud(PROJECT, "sekisho", pubsub_emulator=address))
    topic = f"topic-{uuid.uuid4().hex}"
    subscription = f"projects/{PROJECT}/subscriptions/{topic}"
    publisher.create_topic(name=f"projects/{PROJECT}/topics/{topic}")
    with grpc.insecure_channel(address) as channel, following(trace_of()) as trace:
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        subscriber.create_subscription(name=subscription, topic=f"projects/{PROJECT}/topics/{topic}")
        data = {str(number).encode() for number in range(300)}
        ids = Topics(publisher, PROJECT).publish_all(topic, sorted(data))
        assert Topics(publisher, PROJECT).publish_all(topic, []) == []
        held: dict[bytes, str] = {}
        while len(held) < len(data):
            for each in subscriber.pull(
                subscription=subscription, max_messages=300, timeout=20
            ).received_messages:
                held[each.message.data] = each.message.message_id
                assert trace_of(each.message.attributes.get).trace_id == trace.trace_id
    assert held.keys() == data
    assert set(held.values()) == set(ids)


def test_a_missing_topic_and_an_absent_pubsub_are_told_apart(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = publisher_client(Cloud(PROJECT, "sekisho", pubsub_emulator=address))
    with pytest.raises(ConfigError, match=f"topic projects/{PROJECT}/topics/no-such-topic"):
        Topics(publisher, PROJECT).publish("no-such-topic", b"x")
    monkeypatch.setattr(topics, "PATIENCE_SECONDS", 0.5)
    deaf = publisher_client(Cloud(PROJECT, "sekisho", pubsub_emulator="127.0.0.1:1"))
    with pytest.raises(StorageUnavailable, match="topic projects/"):
        Topics(deaf, PROJECT).publish("any", b"x")
