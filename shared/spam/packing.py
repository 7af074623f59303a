"""Packing: a learnt filter as bytes, plain types with the arrays of its weights behind them.

The unpickler refuses every class, and the arrays are used where they lie: nothing is held twice.
"""

import io
import math
import pickle
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.first_look import FirstLook
from shared.spam.weights import Weights

Filter = Bayes | Blend
"""What training learns and judging uses."""

FORMAT = 4
ALIGNED_BYTES = 16
"""Every array begins at a multiple of it: numpy is slow in memory that lies askew, or copies it."""


def pickled(learnt: Filter) -> bytes:
    """`learnt` as bytes: the same weights always give the same bytes."""
    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, protocol=5)
    pickler.fast = True  # no memo: equal strings are written alike whether or not they are one object
    arrays: list[bytes] = []
    pickler.dump({"format": FORMAT} | _plain(learnt, arrays))
    for array in arrays:
        packed.write(b"\0" * (-packed.tell() % ALIGNED_BYTES))
        packed.write(array)
    return packed.getvalue()


def _plain(learnt: Filter, arrays: list[bytes]) -> dict[str, Any]:
    """`learnt` without its arrays, which are added to `arrays`: their sizes stand in their place."""
    calibration = [learnt.calibration.slope, learnt.calibration.intercept, list(learnt.calibration.knots)]
    if isinstance(learnt, Bayes):
        return {
            "kind": "bayes",
            "features": list(learnt.features),
            "weights": _sizes(learnt.weights, arrays),
            "class_priors": dict(learnt.class_priors),
            "centre": learnt.centre,
            "centre_of_buckets": learnt.centre_of_buckets,
            "calibration": calibration,
            "first_look": list(astuple(learnt.first_look)) if learnt.first_look else None,
        }
    return {
        "kind": "blend",
        "bayes": _plain(learnt.bayes, arrays),
        "linear": _sizes(learnt.linear.weights, arrays),
        "intercept": learnt.linear.intercept,
        "counts_for": [learnt.of_bayes, learnt.of_linear],
        "calibration": calibration,
    }


def _sizes(weights: Weights, arrays: list[bytes]) -> dict[str, Any]:
    plain = weights.to_plain()
    columns, buckets = plain["columns"], plain["buckets"]
    arrays += [plain["keys"], *columns, *buckets]
    return {
        "keys": len(plain["keys"]),
        "columns": list(map(len, columns)),
        "buckets": list(map(len, buckets)),
    }


class _Arrays:
    """The arrays behind a pickle of so many bytes, taken one after the other without a copy."""

    def __init__(self, content: bytes, pickle_ends: int) -> None:
        self._content, self._at = memoryview(content), pickle_ends

    def weights(self, sizes: Mapping[str, Any]) -> Weights:
        """The weights whose arrays come next."""
        plain = {
            "keys": self._next(sizes["keys"]),
            "columns": list(map(self._next, sizes["columns"])),
            "buckets": list(map(self._next, sizes["buckets"])),
        }
        return Weights.from_plain(plain)

    def _next(self, size: int) -> memoryview:
        start = self._at + -self._at % ALIGNED_BYTES
        if not 0 <= size <= len(self._content) - start:
            raise ValueError(f"an array of {size} bytes at {start} of {len(self._content)}")
        self._at = start + size
        return self._content[start : self._at]

    def refuse_more(self) -> None:
        """Raises ValueError where not all were taken."""
        if self._at != len(self._content):
            raise ValueError(f"{len(self._content) - self._at} bytes that belong to no array")


def unpickled(pickle_bytes: bytes) -> Filter:
    """The filter that `pickled` wrote, from bytes whose seal was verified. Raises whatever a pickle can."""
    stream = io.BytesIO(pickle_bytes)
    plain = _PlainUnpickler(stream).load()
    arrays = _Arrays(pickle_bytes, stream.tell())
    learnt = _learnt(plain, arrays)
    arrays.refuse_more()
    return learnt


def _learnt(plain: Mapping[str, Any], arrays: _Arrays) -> Filter:
    slope, intercept, knots = plain["calibration"]
    calibration = Calibration(slope, intercept, tuple((raw, logit) for raw, logit in knots))
    if plain["kind"] == "bayes":
        weights = arrays.weights(plain["weights"])
        if len(weights.columns) != 1 + len(plain["class_priors"]):
            raise ValueError(f"{len(plain['class_priors'])} classes and {len(weights.columns)} columns")
        features, priors = tuple(plain["features"]), plain["class_priors"]
        centres = float(plain["centre"]), float(plain["centre_of_buckets"])
        first_look = None if plain["first_look"] is None else FirstLook(*map(float, plain["first_look"]))
        if first_look and not all(map(math.isfinite, astuple(first_look))):
            raise ValueError(f"a first look with {first_look}")
        return Bayes(features, weights, priors, calibration, *centres, first_look)
    if plain["kind"] != "blend" or plain["bayes"]["kind"] != "bayes":  # or it could hold itself
        raise ValueError(f"kind {plain['kind']!r}")
    bayes = _learnt(plain["bayes"], arrays)
    linear = Linear(arrays.weights(plain["linear"]), plain["intercept"])
    if not isinstance(bayes, Bayes) or len(linear.weights.columns) != 2:
        raise ValueError(f"{len(linear.weights.columns)} columns of the regression")
    of_bayes, of_linear = plain["counts_for"]
    return Blend(bayes, linear, of_bayes, of_linear, calibration)


class _PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, lists and dictionaries; refuses anything that would import."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a model holds plain types only, not {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"a model holds plain types only, not a persistent id ({pid!r})")
