"""What Terraform makes in the cloud, made in the local one: topics, subscriptions, the bucket, the tables."""

import contextlib
from datetime import timedelta

import grpc
from google.api_core.exceptions import Conflict
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client, storage_client
from shared.settings import Cloud

MAX_DELIVERY_ATTEMPTS = 5
SHORTEST_BACKOFF, LONGEST_BACKOFF = timedelta(milliseconds=100), timedelta(seconds=10)
ACK_DEADLINE_SECONDS = 60


def create_topics(cloud: Cloud, new_posts: str, dead_posts: str, push_endpoint: str | None) -> None:
    """Makes both topics, the push subscription to judge_post, and one to read the dead posts by.

    Pub/Sub on a laptop keeps nothing between runs, so these are new each time. Without `push_endpoint`
    nothing listens to new posts.
    """
    assert cloud.pubsub_emulator, "topics of the real cloud are Terraform's"  # noqa: S101
    with grpc.insecure_channel(cloud.pubsub_emulator) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        new_path, dead_path = (f"projects/{cloud.project}/topics/{name}" for name in (new_posts, dead_posts))
        for path in (new_path, dead_path):
            publisher.create_topic(name=path)
        subscriptions = f"projects/{cloud.project}/subscriptions"
        subscriber.create_subscription(name=f"{subscriptions}/{dead_posts}", topic=dead_path)
        if push_endpoint is None:
            return
        subscriber.create_subscription(
            Subscription(
                name=f"{subscriptions}/judge-post",
                topic=new_path,
                push_config={"push_endpoint": push_endpoint},
                ack_deadline_seconds=ACK_DEADLINE_SECONDS,
                retry_policy={"minimum_backoff": SHORTEST_BACKOFF, "maximum_backoff": LONGEST_BACKOFF},
                dead_letter_policy={
                    "dead_letter_topic": dead_path,
                    "max_delivery_attempts": MAX_DELIVERY_ATTEMPTS,
                },
            )
        )


def create_bucket(cloud: Cloud, name: str) -> None:
    """Makes the bucket models are kept in, where it is not there from an earlier run."""
    with contextlib.suppress(Conflict):
        storage_client(cloud).create_bucket(name)


def create_dataset(cloud: Cloud) -> None:
    """Makes the dataset with its tables and views, or brings those of an earlier run up to date."""
    create_tables(bigquery_client(cloud), cloud.dataset)
