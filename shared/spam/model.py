"""A stored model: learned weights and a passport, sealed together.

Two files: `model.pickle`, plain types only, and `manifest.json`, the passport a person can read. One
HMAC-SHA256 covers both, so neither the weights nor the thresholds can be exchanged. It is verified before
a byte of the pickle is looked at, and the unpickler refuses every class even then.
"""

import hashlib
import hmac
import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import ModelUntrusted
from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.judging import Thresholds
from shared.spam.weights import Weights

Filter = Bayes | Blend
"""What training learns and judging uses."""

FORMAT = 2
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


def pickled(learnt: Filter) -> bytes:
    """`learnt` as bytes: the same weights always give the same bytes."""
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, protocol=5)
    pickler.fast = True  # no memo: equal strings are written alike whether or not they are one object
    pickler.dump({"format": FORMAT} | _plain(learnt))
    return packed.getvalue()


def _plain(learnt: Filter) -> dict[str, Any]:
    calibration = [learnt.calibration.slope, learnt.calibration.intercept, list(learnt.calibration.knots)]
    if isinstance(learnt, Bayes):
        return {
            "kind": "bayes",
            "features": list(learnt.features),
            "weights": learnt.weights.to_plain(),
            "class_priors": dict(learnt.class_priors),
            "calibration": calibration,
        }
    return {
        "kind": "blend",
        "bayes": _plain(learnt.bayes),
        "linear": learnt.linear.weights.to_plain(),
        "intercept": learnt.linear.intercept,
        "counts_for": [learnt.of_bayes, learnt.of_linear],
        "calibration": calibration,
    }


def _learnt(plain: Mapping[str, Any]) -> Filter:
    slope, intercept, knots = plain["calibration"]
    calibration = Calibration(slope, intercept, tuple((raw, logit) for raw, logit in knots))
    if plain["kind"] == "bayes":
        weights = Weights.from_plain(plain["weights"])
        if len(weights.columns) != 1 + len(plain["class_priors"]):
            raise ValueError(f"{len(plain['class_priors'])} classes and {len(weights.columns)} columns")
        return Bayes(tuple(plain["features"]), weights, plain["class_priors"], calibration)
    if plain["kind"] != "blend" or plain["bayes"]["kind"] != "bayes":  # or it could hold itself
        raise ValueError(f"kind {plain['kind']!r}")
    bayes = _learnt(plain["bayes"])
    linear = Linear(Weights.from_plain(plain["linear"]), plain["intercept"])
    if not isinstance(bayes, Bayes) or len(linear.weights.columns) != 2:
        raise ValueError(f"{len(linear.weights.columns)} columns of the regression")
    of_bayes, of_linear = plain["counts_for"]
    return Blend(bayes, linear, of_bayes, of_linear, calibration)


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
        model = Model(_learnt(_PlainUnpickler(io.BytesIO(pickle_bytes)).load()), manifest)
        _ = model.version, model.thresholds
    except Exception as error:  # what a pickle of the right key can still raise is without end
        raise ModelUntrusted(
            f"{where}: expected the weights of a filter, came something else: {error}"
        ) from error
    return model


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, lists and dictionaries; refuses anything that would import."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a model holds plain types only, not {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"a model holds plain types only, not a persistent id ({pid!r})")


def _hmac(pickle_bytes: bytes, manifest: Mapping[str, Any], key: bytes) -> str:
    signed = {name: value for name, value in manifest.items() if name != _SEAL}
    passport = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    seal = hmac.new(key, digestmod=hashlib.sha256)
    seal.update(len(passport).to_bytes(8, "big"))
    seal.update(passport)
    seal.update(pickle_bytes)
    return seal.hexdigest()
