"""The secrets of a local cloud: random, made once per data folder, readable by their owner only."""

import base64
import json
import os
import secrets
from pathlib import Path


def local_secrets(path: Path) -> dict[str, str]:
    """The secrets in the file at `path`, as environment variables; made where they are missing."""
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    made = {
        "SEKISHO_MODEL_KEY": secrets.token_urlsafe(32),
        "SEKISHO_PLATFORM_TOKEN": secrets.token_urlsafe(32),
        "SEKISHO_WEBHOOK_SECRET": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii"),
        "SEKISHO_SLACK_TOKEN": f"xoxb-local-{secrets.token_urlsafe(24)}",
    }
    if made.keys() - kept.keys():  # a folder of an earlier version lacks what came since
        kept = {**made, **kept}
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(kept, file, indent=2)
        unfinished.replace(path)
    return kept
