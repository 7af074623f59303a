"""Starts Pub/Sub: `python -m infra.local.pubsub --port P`."""

import argparse
import logging

from infra.local.pubsub.broker import Broker
from infra.local.pubsub.push import start_carriers
from infra.local.pubsub.service import serve


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description="Pub/Sub for a laptop: push, retries, dead letters")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    broker = Broker()
    start_carriers(broker)
    serve(broker, options.port).wait_for_termination()


if __name__ == "__main__":
    main()
