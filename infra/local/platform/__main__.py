"""`python -m infra.local.platform`: the stand-in platform on a loopback port."""

import argparse
from pathlib import Path

from infra.local.database import Database
from infra.local.platform.app import create_app
from infra.local.platform.deliveries import Kind
from infra.local.platform.marketplace import Marketplace
from infra.local.platform.queue import BigQueryQueue, NoQueue, Queue
from infra.local.platform.schema import SCHEMA
from infra.local.platform.sender import Sender
from infra.local.serving import serve
from shared import settings
from shared.errors import ConfigError


def main() -> None:
    """Reads the command line and the environment, then serves until stopped."""
    wish = _parser().parse_args()
    token = settings.required("SEKISHO_PLATFORM_TOKEN", "the bearer token Sekisho comes with")
    database = Database(wish.data / "platform.sqlite", SCHEMA)
    sender = Sender(
        database,
        settings.webhook_secret(),
        {Kind.POST: wish.receive_url, Kind.REVIEW: wish.review_url},
        wish.first_wait_seconds,
    )
    app = create_app(Marketplace(database, sender, _queue(wish.queue)), token, settings.time_zone())
    sender.start()
    try:
        serve(app, wish.port, "platform")
    finally:
        sender.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.platform", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to answer on")
    parser.add_argument("--data", type=Path, required=True, help="folder of what it remembers")
    parser.add_argument("--receive-url", required=True, help="where post.created and post.revised go")
    parser.add_argument("--review-url", required=True, help="where review.answered goes")
    parser.add_argument(
        "--first-wait-seconds",
        type=float,
        default=0.2,
        help="before a webhook nobody took is sent a second time; every further wait is twice as long",
    )
    parser.add_argument(
        "--queue",
        choices=["auto", "bigquery", "none"],
        default="auto",
        help="where the review queue is read; auto: BigQuery where BIGQUERY_EMULATOR_HOST is set, else none",
    )
    return parser


def _queue(wanted: str) -> Queue:
    if wanted == "none":
        return NoQueue()
    try:
        cloud = settings.cloud()
    except ConfigError:
        if wanted == "bigquery":
            raise
        return NoQueue()
    return BigQueryQueue(cloud) if wanted == "bigquery" or cloud.bigquery_emulator else NoQueue()


if __name__ == "__main__":
    main()
