"""Days of labelled posts in Cloud Storage: what the daily training step goes on from.

    models/training/days/2026-11-17/DIGEST.npz    one day's tokens and counts, written once
    models/training/window.npz                    the counts of all days in the window, and which those are

Each begins with the HMAC-SHA256 of the rest: who can only write to the bucket must not teach the filter. What
is lost or can't be opened is made anew from the posts.
"""

import hashlib
import hmac
from contextlib import suppress
from datetime import date

from shared.errors import BadModel
from shared.gcp.object_store import ObjectChanged, ObjectStore
from shared.spam.days import Day, WindowCounts

WINDOW = "models/training/window.npz"
_SEAL_BYTES = 32


class DayStore:
    """The days of one bucket, sealed with `key`. Raises StorageUnavailable or ConfigError throughout."""

    def __init__(self, objects: ObjectStore, key: bytes) -> None:
        self._objects = objects
        self._key = key

    def window(self) -> WindowCounts:
        """The counts of the window as it was last; of no day where none is kept.

        Raises BadModel where there is one that can't be opened.
        """
        found = self._objects.read(WINDOW)
        if found is None:
            return WindowCounts()
        return WindowCounts.from_bytes(self._opened(WINDOW, found[0]), self._objects.where(WINDOW))

    def keep_window(self, window: WindowCounts) -> None:
        """Keep the counts in place of those there are.

        Of two trainings at once either may win: a window says which days it is of.
        """
        found = self._objects.read(WINDOW)
        with suppress(ObjectChanged):
            self._objects.swap(WINDOW, self._sealed(WINDOW, window.to_bytes()), found[1] if found else 0)

    def day(self, day: date, digest: str) -> Day | None:
        """A day, or None where it is not kept. Raises BadModel where it can't be opened."""
        name = _name(day, digest)
        found = self._objects.read(name)
        if found is None:
            return None
        return Day.from_bytes(self._opened(name, found[0]), self._objects.where(name))

    def keep_day(self, day: date, digest: str, content: Day) -> None:
        """Keep a day. One of that name is there already: the same, or damaged, and then it is replaced."""
        name = _name(day, digest)
        data = self._sealed(name, content.to_bytes())
        found = self._objects.read(name)
        if found is None or found[0] != data:
            with suppress(ObjectChanged):  # by another training: the name says what it holds
                self._objects.swap(name, data, found[1] if found else 0)

    def _sealed(self, name: str, data: bytes) -> bytes:
        return self._seal(name, data) + data

    def _opened(self, name: str, sealed: bytes) -> bytes:
        data = sealed[_SEAL_BYTES:]
        if not hmac.compare_digest(sealed[:_SEAL_BYTES], self._seal(name, data)):
            raise BadModel(
                f"{self._objects.where(name)}: expected counts sealed with this installation's key, came "
                "others: changed, incomplete, or made under another SEKISHO_MODEL_KEY"
            )
        return data

    def _seal(self, name: str, data: bytes) -> bytes:
        # With its name: a day in the place of another would be sealed as well.
        seal = hmac.new(self._key, name.encode() + b"\n", hashlib.sha256)
        seal.update(data)
        return seal.digest()


def _name(day: date, digest: str) -> str:
    return f"models/training/days/{day.isoformat()}/{digest}.npz"
