"""Keys: names made of what something is about, so that whoever makes them again makes the same."""

import hashlib


def key_of(*parts: str) -> str:
    """A short ASCII name made of any parts, the same for ever: for insert ids and idempotency keys."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:40]
    return f"{parts[0]}-{digest}"
