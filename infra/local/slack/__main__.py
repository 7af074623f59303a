"""`python -m infra.local.slack`: the stand-in Slack on a loopback port."""

import argparse
from pathlib import Path

from infra.local.database import Database
from infra.local.serving import serve
from infra.local.slack.app import create_app
from infra.local.slack.messages import Messages
from infra.local.slack.schema import SCHEMA
from infra.local.slack.uploads import Uploads
from shared import settings


def main() -> None:
    """Reads the command line and the environment, then serves until stopped."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.slack", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to answer on")
    parser.add_argument("--data", type=Path, required=True, help="folder of what it remembers")
    wish = parser.parse_args()
    database = Database(wish.data / "slack.sqlite", SCHEMA)
    app = create_app(Messages(database), Uploads(database, wish.data / "files"), settings.time_zone())
    serve(app, wish.port, "slack")


if __name__ == "__main__":
    main()
