"""What Terraform makes in the cloud, made in the local one: topics, subscriptions, the bucket, the tables."""

import contextlib
from datetime import timedelta

import grpc
from google.api_core.exceptions import Conflict
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from infra.local.functions import Function, dead_topic
from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client, storage_client
from shared.settings import Cloud

MAX_DELIVERY_ATTEMPTS = 5
SHORTEST_BACKOFF, LONGEST_BACKOFF = timedelta(milliseconds=100), timedelta(seconds=10)


def create_topic(cloud: Cloud, function: Function, push_endpoint: str | None) -> None:
    """Makes the function's topic, its dead-letter topic, the subscription that pushes, and one of the dead.

    Pub/Sub on a laptop keeps nothing between runs, so these are new each time. Without `push_endpoint`
    nothing listens to the topic.
    """
    assert cloud.pubsub_emulator, "topics of the real cloud are Terraform's"  # noqa: S101
    with grpc.insecure_channel(cloud.pubsub_emulator) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        dead = dead_topic(function.topic)
        path, dead_path = (f"projects/{cloud.project}/topics/{name}" for name in (function.topic, dead))
        for each in (path, dead_path):
            publisher.create_topic(name=each)
        subscriptions = f"projects/{cloud.project}/subscriptions"
        subscriber.create_subscription(name=f"{subscriptions}/{dead}", topic=dead_path)
        if push_endpoint is None:
            return
        subscriber.create_subscription(
            Subscription(
                name=f"{subscriptions}/{function.name.replace('_', '-')}",
                topic=path,
                push_config={"push_endpoint": push_endpoint},
                ack_deadline_seconds=function.answers_within_seconds,
                retry_policy={"minimum_backoff": SHORTEST_BACKOFF, "maximum_backoff": LONGEST_BACKOFF},
                dead_letter_policy={
                    "dead_letter_topic": dead_path,
                    "max_delivery_attempts": MAX_DELIVERY_ATTEMPTS,
                },
            )
        )


def create_bucket(cloud: Cloud, name: str) -> None:
    """Makes a bucket, where it is not there from an earlier run."""
    with contextlib.suppress(Conflict):
        storage_client(cloud).create_bucket(name)


def create_dataset(cloud: Cloud) -> None:
    """Makes the dataset with its tables and views, or brings those of an earlier run up to date."""
    create_tables(bigquery_client(cloud), cloud.dataset)
