"""Claims on alerts: of those who want to send one, only one does."""

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.errors import ConfigError
from shared.gcp.object_store import ObjectChanged, ObjectStore

LONGEST_SENDING = timedelta(minutes=10)
"""Whoever claimed an alert longer ago is dead: no function of ours runs as long, and clocks agree better."""


class Claim(StrEnum):
    """Who sends an alert."""

    MINE = "mine"
    """The caller, and nobody sent it before."""
    TAKEN = "taken"
    """Somebody else, at this moment or just now."""
    STALE_MINE = "stale_mine"
    """The caller, but somebody began to long ago and never said how it ended: look whether it arrived."""


class AlertClaims:
    """One object per alert that says who is sending it, changed by compare-and-swap.

    The alerts table could not tell: two instances that got the same message would both read that nobody sent
    it. Every method raises StorageUnavailable, or ConfigError where the bucket or an object is not usable.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}

    def claim(self, alert_id: str, now: datetime) -> Claim:
        """Whether the caller is to send the alert. Who claimed it and is done, or died, stays its sender for
        10 minutes, unless they released it."""
        name, holder = _name(alert_id), uuid.uuid4().hex
        found = self._read(name)
        if found is None:
            won, generation = Claim.MINE, 0
        else:
            _, taken_at, generation = found
            if taken_at and abs(now - taken_at) < LONGEST_SENDING:
                return Claim.TAKEN
            won = Claim.STALE_MINE if taken_at else Claim.MINE
        if not self._write(name, holder, now, generation):
            return Claim.TAKEN
        with self._lock:
            self._held[alert_id] = holder
        return won

    def release(self, alert_id: str) -> None:
        """Lets others send the alert at once: it did not arrive. What was taken over since stays theirs."""
        with self._lock:
            holder = self._held.pop(alert_id, None)
        if holder is None:
            return
        found = self._read(_name(alert_id))
        if found is not None and found[0] == holder:
            self._write(_name(alert_id), "", None, found[2])

    def _read(self, name: str) -> tuple[str, datetime | None, int] | None:
        """Who holds the claim, since when (None: it was released), and the generation that says so."""
        found = self._objects.read(name)
        if found is None:
            return None
        data, generation = found
        try:
            said = json.loads(data)
            taken_at = datetime.fromisoformat(said["taken_at"]).astimezone(UTC) if said["taken_at"] else None
            return str(said["holder"]), taken_at, generation
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._objects.where(name)}: expected JSON with holder and taken_at, came "
                f"{type(error).__name__}: {error}; remove it"
            ) from error

    def _write(self, name: str, holder: str, taken_at: datetime | None, generation: int) -> bool:
        """Whether the object says so now: also where our own write arrived, but its answer was lost."""
        said = {"holder": holder, "taken_at": taken_at.isoformat() if taken_at else None}
        try:
            self._objects.swap(name, json.dumps(said).encode(), generation)
        except ObjectChanged:
            found = self._read(name)
            return found is not None and found[0] == holder
        return True


def _name(alert_id: str) -> str:
    return f"claims/alerts/{alert_id}.json"
