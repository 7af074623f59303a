"""Slots for takedowns: at most so many a day, however many runs overlap."""

import json
import random
import time
from collections.abc import Sequence
from datetime import date

from shared.errors import ConfigError, StorageUnavailable
from shared.gcp.object_store import ObjectChanged, ObjectStore

ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0


class TakedownSlots:
    """The slots of each day: one object that lists the takedowns holding one, changed by compare-and-swap.

    A query that counts takedowns could not bound them: two runs would both count before either acts.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def reserve(self, day: date, keys: Sequence[str], cap: int) -> frozenset[str]:
        """Those of `keys` (takedown keys, the most urgent first) that may be carried out on `day`.

        A key that held a slot before is granted again, so a repeat after a crash uses none up. A slot is
        never given back: a takedown that failed was still tried. Raises StorageUnavailable, and then
        nothing is granted.
        """
        name = f"takedown_slots/{day.isoformat()}.json"
        for attempt in range(ATTEMPTS):
            holders, generation = self._read(name)
            free = max(0, cap - len(holders))
            new = [key for key in dict.fromkeys(keys) if key not in holders][:free]
            if new:
                try:
                    self._objects.swap(name, json.dumps([*holders, *new]).encode(), generation)
                except ObjectChanged:
                    _pause(attempt)
                    continue
            return frozenset(keys) & {*holders, *new}
        raise StorageUnavailable(
            f"{self._objects.where(name)}: expected to reserve within {ATTEMPTS} attempts, "
            "came others changing it each time"
        )

    def _read(self, name: str) -> tuple[list[str], int]:
        """Who holds a slot, and the generation that says so (0: nobody yet)."""
        found = self._objects.read(name)
        if found is None:
            return [], 0
        data, generation = found
        try:
            holders = json.loads(data)
        except ValueError as error:
            raise ConfigError(
                f"{self._objects.where(name)}: expected a JSON list of takedown keys, came {error}"
            ) from error
        if not isinstance(holders, list) or not all(isinstance(key, str) for key in holders):
            raise ConfigError(
                f"{self._objects.where(name)}: expected a JSON list of takedown keys, came other JSON"
            )
        return holders, generation


def _pause(attempt: int) -> None:
    """Waits longer after each collision, and never in step with the others."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    time.sleep(random.uniform(0, longest))  # noqa: S311
