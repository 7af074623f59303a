"""A stored model: learned weights and a passport, sealed together.

Two files: `model.pickle`, plain types with the arrays of weights behind them, and `manifest.json`, the
passport a person can read. One HMAC-SHA256 covers both, so neither the weights nor the thresholds can be
exchanged. It is verified before a byte of the pickle is looked at, and the unpickler refuses every class even
then. The arrays are used where they lie, in the very bytes that were verified: nothing is held twice.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ModelUntrusted
from shared.spam.judging import Thresholds
from shared.spam.packing import FORMAT, Filter, pickled, unpickled

SERVES, EXAMINED = "serves", "examined"
"""The two parts a filter plays in a version; a seal is good for one of them only."""
_SEAL = "hmac_sha256"


@dataclass(frozen=True)
class Model:
    """A filter with its thresholds and its passport."""

    filter: Filter
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """What names it in verdicts and reports."""
        return str(self.manifest["version"])

    @property
    def thresholds(self) -> Thresholds:
        """From which score on its verdicts act."""
        return Thresholds.from_json(self.manifest["thresholds"])


def seal(pickle_bytes: bytes, passport: Mapping[str, Any], key: bytes, part: str = SERVES) -> bytes:
    """The manifest: `passport` with the part it plays, and the size, SHA-256 and HMAC of its model."""
    manifest = dict(passport) | {
        "format": FORMAT,
        "part": part,
        "model_bytes": len(pickle_bytes),
        "sha256": hashlib.sha256(pickle_bytes).hexdigest(),
    }
    manifest[_SEAL] = _hmac(pickle_bytes, manifest, key)
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()


def model_files(final: Filter, examined: Filter, passport: Mapping[str, Any], key: bytes) -> dict[str, bytes]:
    """The four files of a version: the filter that judges and, for comparisons, as it was examined."""
    files = {}
    for learnt, part, pickle_name, manifest_name in (
        (final, SERVES, "model.pickle", "manifest.json"),
        (examined, EXAMINED, "examined.pickle", "examined.json"),
    ):
        files[pickle_name] = pickled(learnt)
        files[manifest_name] = seal(files[pickle_name], passport, key, part)
    return files


def unseal(pickle_bytes: bytes, manifest_bytes: bytes, key: bytes, where: str, part: str = SERVES) -> Model:
    """The model in these two files, for its `part`.

    Raises ModelUntrusted when they are damaged, forged, of another format or sealed for the other part.
    """
    try:
        manifest = json.loads(manifest_bytes)
        given = str(manifest[_SEAL]).encode()
        expected = _hmac(pickle_bytes, manifest, key).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelUntrusted(
            f"{where}: expected a manifest with a field {_SEAL}, "
            f"came {len(manifest_bytes)} bytes without one ({error})"
        ) from error
    if not hmac.compare_digest(expected, given):
        raise ModelUntrusted(
            f"{where}: expected a model sealed with this installation's key, came one whose seal does not "
            "match: it was changed, is incomplete, or was trained under another SEKISHO_MODEL_KEY"
        )
    if manifest.get("format") != FORMAT:
        raise ModelUntrusted(
            f"{where}: expected model format {FORMAT}, came {manifest.get('format')!r}; train again"
        )
    if manifest.get("part") != part:
        raise ModelUntrusted(
            f"{where}: expected a model sealed for the part {part}, came {manifest.get('part')!r}"
        )
    try:
        model = Model(unpickled(pickle_bytes), manifest)
        _ = model.version, model.thresholds
    except Exception as error:  # what a pickle of the right key can still raise is without end
        raise ModelUntrusted(
            f"{where}: expected the weights of a filter, came something else: {error}"
        ) from error
    return model


def _hmac(pickle_bytes: bytes, manifest: Mapping[str, Any], key: bytes) -> str:
    signed = {name: value for name, value in manifest.items() if name != _SEAL}
    passport = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    seal = hmac.new(key, digestmod=hashlib.sha256)
    seal.update(len(passport).to_bytes(8, "big"))
    seal.update(passport)
    seal.update(pickle_bytes)
    return seal.hexdigest()
