"""The gRPC face of the broker: the methods of Publisher and Subscriber that the official client calls."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.pubsub_v1 import types

from infra.local.pubsub.backlog import Delivery
from infra.local.pubsub.broker import AlreadyThere, Broker, NotThere

LONGEST_PULL_SECONDS = 5.0
THREADS = 16

Method = tuple[type[Any], Callable[[Any], Any]]
"""The type of the request, and what answers it; None is the empty answer."""


class Refused(Exception):
    """The request can't be met: the status says why."""

    def __init__(self, status: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.status = status


def serve(broker: Broker, port: int) -> grpc.Server:
    """A running server for `broker` at `port` of this machine. Messages may be of any size."""
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=[*unlimited, ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(
        (
            _service("google.pubsub.v1.Publisher", _publisher(broker)),
            _service("google.pubsub.v1.Subscriber", _subscriber(broker)),
        )
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


def _publisher(broker: Broker) -> dict[str, Method]:
    def publish(request: types.PublishRequest) -> types.PublishResponse:
        messages = [(bytes(each.data), dict(each.attributes)) for each in request.messages]
        if not messages or not all(data or attributes for data, attributes in messages):
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "a message needs data or attributes")
        return types.PublishResponse(message_ids=broker.publish(request.topic, messages))

    return {
        "CreateTopic": (types.Topic, broker.create_topic),
        "GetTopic": (types.GetTopicRequest, lambda request: broker.topic(request.topic)),
        "ListTopics": (
            types.ListTopicsRequest,
            lambda request: types.ListTopicsResponse(topics=broker.topics_of(request.project)),
        ),
        "DeleteTopic": (types.DeleteTopicRequest, lambda request: broker.delete_topic(request.topic)),
        "Publish": (types.PublishRequest, publish),
    }


def _subscriber(broker: Broker) -> dict[str, Method]:
    def create(request: types.Subscription) -> types.Subscription:
        policy = request.dead_letter_policy
        if policy.max_delivery_attempts and not 5 <= policy.max_delivery_attempts <= 100:
            raise Refused(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"max_delivery_attempts: expected 5 to 100, came {policy.max_delivery_attempts}",
            )
        if request.filter or request.enable_message_ordering or request.enable_exactly_once_delivery:
            raise Refused(
                grpc.StatusCode.UNIMPLEMENTED, "filter, ordering and exactly-once are not emulated here"
            )
        return broker.subscribe(request)

    def pull(request: types.PullRequest) -> types.PullResponse:
        within = 0.0 if request.return_immediately else LONGEST_PULL_SECONDS
        deliveries = broker.pull(request.subscription, max(1, request.max_messages), within)
        tells_attempts = bool(broker.subscription(request.subscription).dead_letter_policy.dead_letter_topic)
        return types.PullResponse(received_messages=[_received(each, tells_attempts) for each in deliveries])

    def modify_deadline(request: types.ModifyAckDeadlineRequest) -> None:
        if request.ack_deadline_seconds:
            broker.extend(request.subscription, request.ack_ids, request.ack_deadline_seconds)
        else:
            broker.fail(request.subscription, request.ack_ids)

    return {
        "CreateSubscription": (types.Subscription, create),
        "GetSubscription": (
            types.GetSubscriptionRequest,
            lambda request: broker.subscription(request.subscription),
        ),
        "ListSubscriptions": (
            types.ListSubscriptionsRequest,
            lambda request: types.ListSubscriptionsResponse(
                subscriptions=broker.subscriptions_of(request.project)
            ),
        ),
        "DeleteSubscription": (
            types.DeleteSubscriptionRequest,
            lambda request: broker.unsubscribe(request.subscription),
        ),
        "ModifyPushConfig": (
            types.ModifyPushConfigRequest,
            lambda request: broker.push_to(request.subscription, request.push_config),
        ),
        "Pull": (types.PullRequest, pull),
        "Acknowledge": (
            types.AcknowledgeRequest,
            lambda request: broker.accept(request.subscription, request.ack_ids),
        ),
        "ModifyAckDeadline": (types.ModifyAckDeadlineRequest, modify_deadline),
    }


def _received(delivery: Delivery, tells_attempts: bool) -> types.ReceivedMessage:
    message = delivery.message
    return types.ReceivedMessage(
        ack_id=delivery.ack_id,
        delivery_attempt=delivery.attempts if tells_attempts else 0,
        message=types.PubsubMessage(
            data=message.data,
            attributes=dict(message.attributes),
            message_id=message.message_id,
            publish_time=message.published_at,
        ),
    )


def _service(name: str, methods: dict[str, Method]) -> "grpc.GenericRpcHandler[Any, Any]":
    return grpc.method_handlers_generic_handler(
        name,
        {
            method: grpc.unary_unary_rpc_method_handler(
                _answering(answer),
                request_deserializer=request_type.deserialize,
                response_serializer=_serialize,
            )
            for method, (request_type, answer) in methods.items()
        },
    )


def _answering(answer: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def respond(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(request)
        except NotThere as error:
            context.abort(grpc.StatusCode.NOT_FOUND, f"not found: {error}")
        except AlreadyThere as error:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"already exists: {error}")
        except Refused as error:
            context.abort(error.status, str(error))

    return respond


def _serialize(message: Any) -> bytes:
    return b"" if message is None else bytes(type(message).serialize(message))
