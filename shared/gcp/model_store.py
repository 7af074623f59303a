"""Stored models in Cloud Storage: every version kept, one of them current.

    models/bayes/VERSION/model.pickle    manifest.json     what judges; the same of each detector's name
    models/bayes/VERSION/examined.pickle examined.json     the same before it learnt from its held-out posts
    models/bayes/current.json                              which version serves, and which one did before

A version is written once and never changed, its manifest last: without one it is no version. `current.json`
is moved by compare-and-swap, so that of two trainings at once one wins and the other knows. The version
before is the last one that could be opened: who can't open the current one goes on with it.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import BadModel, ModelMissing, StorageUnavailable
from shared.gcp.object_store import ObjectChanged, ObjectStore
from shared.spam.model import EXAMINED, SERVES, Model, unseal


@dataclass(frozen=True)
class Current:
    """Which version serves, and the generation of the object that says so (0: none ever did).

    `damage` says what is wrong with that object; then there is no version, but there is something to replace.
    `previous` is the version to go on with where this one can't be opened; None where there is no such.
    """

    version: str | None
    generation: int
    damage: str = ""
    previous: str | None = None


class ModelStore:
    """The models of one detector in a bucket, sealed with `key`.

    Raises StorageUnavailable or ConfigError throughout.
    """

    def __init__(self, objects: ObjectStore, key: bytes, detector: str = "bayes") -> None:
        self._objects = objects
        self._key = key
        self.detector = detector
        self._folder = f"models/{detector}"
        self._current = f"{self._folder}/current.json"

    def of(self, detector: str) -> "ModelStore":
        """The models of another detector, in the same bucket."""
        return ModelStore(self._objects, self._key, detector)

    def current(self) -> Current:
        """Which version serves."""
        found = self._objects.read(self._current)
        if found is None:
            return Current(None, 0)
        try:
            told = json.loads(found[0])
            version, previous = str(told["version"]), told.get("previous")
            return Current(version, found[1], previous=None if previous is None else str(previous))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            damage = f"{self._objects.where(self._current)}: expected JSON with a version, came other content"
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
            self._objects.write_once(f"{self._folder}/{version}/{name}", files[name])

    def promote(self, version: str, before: Current, now: datetime) -> None:
        """Make `version` the one that serves, in place of `before`.

        Where `before` can't be opened, the version before it stays the one to go on with. Raises
        StorageUnavailable where another training moved it since: run again, against that one.
        """
        previous = before.version if before.version and self._opens(before.version) else before.previous
        moved: dict[str, Any] = {"version": version, "previous": previous, "moved_at": now.isoformat()}
        try:
            self._objects.swap(self._current, json.dumps(moved).encode(), before.generation)
        except ObjectChanged as error:
            raise StorageUnavailable(
                f"{self._objects.where(self._current)}: expected {before.version or 'no version'} still to "
                "serve, came another: a training ran at the same time"
            ) from error

    def _opens(self, version: str) -> bool:
        try:
            self.load(version)
        except (BadModel, ModelMissing):
            return False
        return True

    def _load(self, version: str, pickle_name: str, manifest_name: str, part: str) -> Model:
        folder = f"{self._folder}/{version}"
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
