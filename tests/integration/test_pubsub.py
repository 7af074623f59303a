"""Push, retry and dead letter work alike on Google's Pub/Sub emulator and on ours, by the official client."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import pytest
from google.api_core.exceptions import AlreadyExists, InvalidArgument, NotFound
from google.pubsub_v1 import PushConfig, SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from infra.local.emulators import google_pubsub_emulator, google_pubsub_program, own_pubsub_program
from infra.local.processes import Processes, free_ports
from shared.gcp.clients import publisher_client
from shared.settings import Cloud

PROJECT = "sekisho-local"
WAIT_SECONDS = 120.0


@dataclass
class PubSub:
    """A running emulator, and clients of it."""

    publisher: Any
    subscriber: SubscriberClient

    def topic(self) -> str:
        path = f"projects/{PROJECT}/topics/topic-{uuid.uuid4().hex}"
        self.publisher.create_topic(name=path)
        return path

    def subscription(self, topic: str, **options: Any) -> str:
        path = f"projects/{PROJECT}/subscriptions/subscription-{uuid.uuid4().hex}"
        self.subscriber.create_subscription(request={"name": path, "topic": topic, **options})
        return path

    def publish(self, topic: str, data: bytes, **attributes: str) -> str:
        message_id: str = self.publisher.publish(topic, data, **attributes).result(WAIT_SECONDS)
        return message_id

    def pull(self, subscription: str) -> Any:
        """The next message of a pull subscription, acknowledged."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            pulled = self.subscriber.pull(subscription=subscription, max_messages=1, timeout=10)
            for received in pulled.received_messages:
                self.subscriber.acknowledge(subscription=subscription, ack_ids=[received.ack_id])
                return received.message
        raise AssertionError(f"{subscription}: no message")


@dataclass
class Endpoint:
    """A real HTTP server that messages are pushed to: answers what it is told, remembers what came."""

    url: str
    statuses: list[int] = field(default_factory=list)
    default_status: int = 204
    bodies: list[dict[str, Any]] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.bodies) >= count)
        return self.bodies


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


@pytest.fixture(scope="module", params=["google", "own"])
def pubsub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PubSub]:
    port = free_ports(1)[0]
    if request.param == "own":
        program = own_pubsub_program(port)
    elif google := google_pubsub_emulator():
        program = google_pubsub_program(google, port)
    else:
        missing = "Google's Pub/Sub emulator is not installed here (or SEKISHO_PUBSUB_EMULATOR=own)"
        pytest.skip(missing)  # it comes with Google's SDK only; ours passes the same tests everywhere
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        processes.start(program)
        processes.wait_until_ready()
        address = f"127.0.0.1:{port}"
        with grpc.insecure_channel(address) as channel:
            yield PubSub(
                publisher_client(Cloud(PROJECT, "sekisho", pubsub_emulator=address)),
                SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
            )


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status = told.statuses.pop(0)
            except IndexError:
                status = told.default_status
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            told.bodies.append(body)
            if status < 300:
                told.accepted.add(body["message"]["messageId"])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # of 5 a burst overflows, and Google's emulator waits minutes for those

    server = Server(("127.0.0.1", 0), Handler)
    told = Endpoint(f"http://127.0.0.1:{server.server_port}/projects/{PROJECT}/topics/new-posts")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()


RETRY_AT_ONCE = {"minimum_backoff": timedelta(milliseconds=100), "maximum_backoff": timedelta(seconds=1)}


def test_a_message_is_pushed_again_until_it_is_accepted(pubsub: PubSub, endpoint: Endpoint) -> None:
    endpoint.statuses = [500, 503]
    topic = pubsub.topic()
    pull = pubsub.subscription(topic)
    push = pubsub.subscription(topic, push_config={"push_endpoint": endpoint.url}, retry_policy=RETRY_AT_ONCE)
    message_id = pubsub.publish(topic, "投稿".encode(), kind="post.created", empty="")
    bodies = endpoint.wait_for(3)

    assert bodies[0] == bodies[1] == bodies[2]
    body = bodies[0]
    assert body["subscription"] == push
    assert "deliveryAttempt" not in body
    message = body["message"]
    assert base64.b64decode(message["data"]).decode() == "投稿"
    assert message["attributes"] == {"kind": "post.created", "empty": ""}
    assert message["messageId"] == message["message_id"] == message_id
    assert message["publishTime"] == message["publish_time"]
    assert datetime.fromisoformat(message["publishTime"]).tzinfo is not None
    assert pubsub.pull(pull).message_id == message_id, "each subscription gets its own copy"

    second = pubsub.publish(topic, b"second")
    wait_until(lambda: endpoint.bodies[-1]["message"]["messageId"] == second)
    assert len(endpoint.bodies) == 4, "an accepted message is not pushed again"


def test_a_message_nobody_accepts_goes_to_the_dead_letter_topic(pubsub: PubSub, endpoint: Endpoint) -> None:
    endpoint.default_status = 500
    dead = pubsub.topic()
    reader = pubsub.subscription(dead)
    topic = pubsub.topic()
    push = pubsub.subscription(
        topic,
        push_config={"push_endpoint": endpoint.url},
        retry_policy=RETRY_AT_ONCE,
        dead_letter_policy={"dead_letter_topic": dead, "max_delivery_attempts": 5},
    )
    pubsub.publish(topic, b"never", kind="post.created")
    letter = pubsub.pull(reader)

    assert letter.data == b"never"
    assert letter.attributes["kind"] == "post.created"
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscription"] == push.rsplit("/", 1)[1]
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] == PROJECT
    assert "CloudPubSubDeadLetterSourceTopicPublishTime" in letter.attributes
    told = [body.get("deliveryAttempt") for body in endpoint.bodies]
    assert told in ([1, 2, 3, 4, 5], [None] * 5), "Google's emulator leaves out what the cloud tells"


# Not on Google's: after refusals within a burst it now and then never pushes one message again (seen in one
# of some ten runs on a busy machine, for two minutes). What it does with single messages is tested above.
@pytest.mark.parametrize("pubsub", ["own"], indirect=True)
def test_many_messages_all_arrive(pubsub: PubSub, endpoint: Endpoint) -> None:
    topic = pubsub.topic()
    pubsub.subscription(topic, push_config={"push_endpoint": endpoint.url}, retry_policy=RETRY_AT_ONCE)
    endpoint.statuses = [204, 500] * 50
    expected = {pubsub.publish(topic, str(number).encode()) for number in range(100)}
    wait_until(lambda: endpoint.accepted == expected)
    assert not endpoint.statuses, "some were refused first"


def test_a_push_endpoint_can_be_given_later(pubsub: PubSub, endpoint: Endpoint) -> None:
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    message_id = pubsub.publish(topic, b"waits")
    pubsub.subscriber.modify_push_config(
        subscription=subscription, push_config=PushConfig(push_endpoint=endpoint.url)
    )
    assert endpoint.wait_for(1)[0]["message"]["messageId"] == message_id
    assert (
        pubsub.subscriber.get_subscription(subscription=subscription).push_config.push_endpoint
        == endpoint.url
    )


def test_a_large_post_passes(pubsub: PubSub, endpoint: Endpoint) -> None:
    topic = pubsub.topic()
    pubsub.subscription(topic, push_config={"push_endpoint": endpoint.url})
    post = "あ".encode() * 2_000_000
    pubsub.publish(topic, post)
    assert base64.b64decode(endpoint.wait_for(1)[0]["message"]["data"]) == post


def test_topics_and_subscriptions_are_there_once_until_deleted(pubsub: PubSub) -> None:
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    with pytest.raises(AlreadyExists):
        pubsub.publisher.create_topic(name=topic)
    with pytest.raises(AlreadyExists):
        pubsub.subscriber.create_subscription(name=subscription, topic=topic)
    listed = {each.name for each in pubsub.publisher.list_topics(project=f"projects/{PROJECT}")}
    assert topic in listed
    assert pubsub.publisher.get_topic(topic=topic).name == topic

    pubsub.subscriber.delete_subscription(subscription=subscription)
    pubsub.publisher.delete_topic(topic=topic)
    with pytest.raises(NotFound):
        pubsub.subscriber.get_subscription(subscription=subscription)
    with pytest.raises(NotFound):
        pubsub.publisher.get_topic(topic=topic)
    with pytest.raises(NotFound):
        pubsub.publish(topic, b"to nobody")


def test_a_message_that_is_not_acknowledged_is_pulled_again(pubsub: PubSub) -> None:
    topic = pubsub.topic()
    subscription = pubsub.subscription(topic)
    message_id = pubsub.publish(topic, b"again")
    first = pubsub.subscriber.pull(subscription=subscription, max_messages=1).received_messages[0]
    pubsub.subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=[first.ack_id], ack_deadline_seconds=0
    )
    assert pubsub.pull(subscription).message_id == message_id


def test_an_empty_message_is_refused(pubsub: PubSub) -> None:
    with pytest.raises(InvalidArgument):
        pubsub.publish(pubsub.topic(), b"")
