"""Stored models in Cloud Storage: every version kept, one of them current.

    models/bayes/VERSION/model.pickle    manifest.json     what judges
    models/bayes/VERSION/examined.pickle examined.json     the same before it learnt from its held-out posts
    models/bayes/current.json                              which version serves

A version is written once and never changed, its manifest last: without one it is no version. `current.json`
is moved by compare-and-swap, so that of two trainings at once one wins and the other knows.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import BadModel, ModelMissing, StorageUnavailable
from shared.gcp.object_store import ObjectChanged, ObjectStore
from shared.spam.model import EXAMINED, SERVES, Model, unseal

PREFIX = "models/bayes"
CURRENT = f"{PREFIX}/current.json"


@dataclass(frozen=True)
class Current:
    """Which version serves, and the generation of the object that says so (0: none ever did).

    `damage` says what is wrong with that object; then there is no version, but there is something to replace.
    """

    version: str | None
    generation: int
    damage: str = ""


class ModelStore:
    """The models of one bucket, sealed with `key`. Raises StorageUnavailable or ConfigError throughout."""

    def __init__(self, objects: ObjectStore, key: bytes) -> None:
        self._objects = objects
        self._key = key

    def current(self) -> Current:
        """Which version serves."""
        found = self._objects.read(CURRENT)
        if found is None:
            return Current(None, 0)
        try:
            return Current(str(json.loads(found[0])["version"]), found[1])
        except (ValueError, KeyError, TypeError):
            damage = f"{self._objects.where(CURRENT)}: expected JSON with a version, came other content"
            return Current(None, found[1], damage)

    def load(self, version: str) -> Model:
        """The model that judges, of one version. Raises ModelMissing or BadModel."""
        return self._load(version, "model.pickle", "manifest.json", SERVES)

    def load_examined(self, version: str) -> Model:
        """The same as it was examined. Raises ModelMissing or BadModel."""
        return self._load(version, "examined.pickle", "examined.json", EXAMINED)

    def save(self, version: str, files: dict[str, bytes]) -> None:
        """Keep a version: its files by name. What is there already, from a run that was cut off, is left."""
        for name in ("examined.pickle", "examined.json", "model.pickle", "manifest.json"):
            self._objects.write_once(f"{PREFIX}/{version}/{name}", files[name])

    def promote(self, version: str, before: Current, now: datetime) -> None:
        """Make `version` the one that serves, in place of `before`.

        Raises StorageUnavailable where another training moved it since: run again, against that one.
        """
        moved: dict[str, Any] = {"version": version, "previous": before.version, "moved_at": now.isoformat()}
        try:
            self._objects.swap(CURRENT, json.dumps(moved).encode(), before.generation)
        except ObjectChanged as error:
            raise StorageUnavailable(
                f"{self._objects.where(CURRENT)}: expected {before.version or 'no version'} still to serve, "
                "came another: a training ran at the same time"
            ) from error

    def _load(self, version: str, pickle_name: str, manifest_name: str, part: str) -> Model:
        folder = f"{PREFIX}/{version}"
        manifest = self._objects.read(f"{folder}/{manifest_name}")
        weights = self._objects.read(f"{folder}/{pickle_name}")
        where = self._objects.where(folder)
        if manifest is None or weights is None:
            raise ModelMissing(
                f"{where}: expected {pickle_name} and {manifest_name}, came an incomplete version"
            )
        model = unseal(weights[0], manifest[0], self._key, where, part)
        if model.version != version:
            raise BadModel(f"{where}: expected version {version}, came {model.version}, sealed but misplaced")
        return model
