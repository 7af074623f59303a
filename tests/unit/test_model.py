"""A stored model: sealed as a whole, and plain enough that reading it can do no harm."""

import hashlib
import hmac
import io
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.first_look import FirstLook
from shared.spam.judging import Thresholds
from shared.spam.model import EXAMINED, model_files, seal, unseal
from shared.spam.packing import ALIGNED_BYTES, FORMAT, Filter, pickled
from tests.unit.token_ids import bayes_of, ids_of, weighing

KEY = b"a key of this installation"
BAYES = Bayes(
    features=("words", "word_pairs", "characters"),
    weights=weighing({"稼ぐ": (2.5, 1.5), "事務": (-1.25, 0.0)}, {"稼": 0.5}),
    class_priors={"lure": -0.5},
    calibration=Calibration(1.25, -2.0, ((-1.0, -3.5), (0.25, -1.75))),
    centre_of_buckets=0.25,
    first_look=FirstLook(-1.5, 0.125, 1.25, -0.5),
)
BLEND = Blend(
    BAYES,
    Linear(weighing({"稼ぐ": (1.5, 4.0)}, {"稼": 0.25}), -0.5),
    0.75,
    0.5,
    Calibration(1.5, -1.0),
)
FILTERS = pytest.mark.parametrize("learnt", [BAYES, BLEND], ids=lambda learnt: learnt.name)
PASSPORT = {"version": "bayes-1", "thresholds": {"review": 0.4, "take_down": 0.8}, "note": "訓練"}


def sealed(content: bytes = b"", passport: dict[str, Any] | None = None) -> tuple[bytes, bytes]:
    content = content or pickled(BAYES)
    return content, seal(content, passport or PASSPORT, KEY)


SEALED = sealed()


def forged(content: bytes, **changes: Any) -> tuple[bytes, bytes]:
    """A manifest with other fields, rightly sealed: what an older or newer release would have written."""
    manifest = json.loads(seal(content, PASSPORT, KEY))
    manifest.pop("hmac_sha256")
    manifest = {name: value for name, value in (manifest | changes).items() if value is not ...}
    passport = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    given = hmac.new(KEY, len(passport).to_bytes(8, "big") + passport + content, hashlib.sha256)
    return content, json.dumps(manifest | {"hmac_sha256": given.hexdigest()}).encode()


def refusal(content: bytes, manifest: bytes, key: bytes = KEY) -> str:
    with pytest.raises(BadModel) as raised:
        unseal(content, manifest, key, "gs://models/bayes-1")
    assert str(raised.value).startswith("gs://models/bayes-1: ")
    return str(raised.value)


@FILTERS
def test_a_model_is_read_as_it_was_written(learnt: Filter) -> None:
    model = unseal(*sealed(pickled(learnt)), KEY, "here")
    assert model.filter == learnt
    assert (model.version, model.thresholds) == ("bayes-1", Thresholds(0.4, 0.8))
    assert model.manifest["note"] == "訓練"


@FILTERS
def test_a_model_that_was_read_judges_to_the_last_bit_as_the_one_that_was_written(learnt: Filter) -> None:
    model = unseal(*sealed(pickled(learnt)), KEY, "here")
    for ids in (ids_of([]), ids_of(["稼ぐ"]), ids_of(["稼ぐ", "事務", "知らない"], "稼", "?")):
        found, expected = model.filter.opinion(ids), learnt.opinion(ids)
        assert found[:2] == expected[:2]
        assert found.shares() == expected.shares()


def test_a_manifest_can_be_read_by_people_and_checked_by_hand() -> None:
    content, manifest = sealed()
    assert "訓練" in manifest.decode()
    found = json.loads(manifest)
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert found["model_bytes"] == len(content)


def test_the_form_of_a_manifest_on_the_way_does_not_break_its_seal() -> None:
    content, manifest = sealed()
    reordered = json.dumps(dict(reversed(json.loads(manifest).items()))).encode()
    assert unseal(content, reordered, KEY, "here").filter == BAYES


@given(st.data())
def test_any_changed_byte_of_the_weights_breaks_the_seal(data: st.DataObject) -> None:
    content, manifest = SEALED
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert "seal does not match" in refusal(bytes(changed), manifest)


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_a_truncated_model_is_refused(cut: int) -> None:
    content, manifest = sealed()
    refusal(content[:cut], manifest)
    refusal(content, manifest[:cut])


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": {"review": 0.4, "take_down": 0.1}},
        {"version": "bayes-2"},
        {"sha256": "0" * 64},
        {"added": 1},
        {"note": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_changed_manifest_breaks_the_seal(changes: dict[str, Any]) -> None:
    content, manifest = sealed()
    assert "seal does not match" in refusal(content, json.dumps(json.loads(manifest) | changes).encode())


def test_weights_and_manifest_of_two_models_do_not_go_together() -> None:
    other = pickled(bayes_of({"事務": 9.0}))
    refusal(other, sealed()[1])


def test_a_model_of_another_key_is_refused_and_says_which_setting_may_differ() -> None:
    assert "SEKISHO_MODEL_KEY" in refusal(*sealed(), key=b"another key")
    assert "another key" not in refusal(*sealed(), key=b"another key")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"3",
        b"{}",
        b"\xff",
        b"{",
        b"[" * 100_000,
        '{"hmac_sha256": "é"}'.encode(),
        b'{"hmac_sha256": null}',
        b'{"hmac_sha256": "\\ud800"}',
        b'{"hmac_sha256": "00", "note": "\\ud800"}',
        b'{"hmac_sha256": NaN}',
    ],
    ids=lambda manifest: repr(manifest[:40]),
)
def test_what_is_no_manifest_is_a_bad_model(manifest: bytes) -> None:
    refusal(sealed()[0], manifest)


class Malicious:
    """What an attacker with the key would try."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def test_even_a_rightly_sealed_pickle_can_not_run_anything(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    assert "plain types only" in refusal(*sealed(pickle.dumps({"weights": Malicious(marker)})))
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", [{1, 2}, frozenset(), {"a": 1}, [], None, b"x", Calibration, Path("x"), 1j]
)
def test_a_rightly_sealed_pickle_of_something_else_is_refused(content: object) -> None:
    refusal(*sealed(pickle.dumps(content)))


@pytest.mark.parametrize("content", [b"x", b"\x80\x05.", b"cos\nsystem\n.", b"(", b"\x80\x05P1\n."])
def test_rightly_sealed_bytes_that_are_no_pickle_are_refused(content: bytes) -> None:
    refusal(*sealed(content))


@pytest.mark.parametrize("other", [0, FORMAT + 1, "1", None, ...])
def test_another_format_says_to_train_again(other: object) -> None:
    assert "train again" in refusal(*forged(pickled(BAYES), format=other))


@pytest.mark.parametrize(
    "changes", [{"version": ...}, {"thresholds": ...}, {"thresholds": {}}, {"thresholds": 3}]
)
def test_a_manifest_without_version_or_thresholds_is_refused(changes: dict[str, Any]) -> None:
    refusal(*forged(pickled(BAYES), **changes))


def test_the_same_weights_are_the_same_bytes_whoever_made_the_strings() -> None:
    same = replace(
        BAYES,
        features=tuple("".join(list(name)) for name in BAYES.features),
        class_priors={"".join(["lu", "re"]): -0.5},
    )
    assert pickled(same) == pickled(BAYES)


@FILTERS
def test_a_model_that_was_read_is_written_as_the_same_bytes(learnt: Filter) -> None:
    assert pickled(unseal(*sealed(pickled(learnt)), KEY, "here").filter) == pickled(learnt)


def test_both_filters_of_a_version_are_sealed_with_the_same_passport() -> None:
    examined = bayes_of({"稼ぐ": 2.0})
    files = model_files(BAYES, examined, PASSPORT, KEY)
    assert unseal(files["model.pickle"], files["manifest.json"], KEY, "here").filter == BAYES
    assert unseal(files["examined.pickle"], files["examined.json"], KEY, "here", EXAMINED).filter == examined
    refusal(files["examined.pickle"], files["examined.json"])  # sealed, but not to judge with
    refusal(files["examined.pickle"], files["manifest.json"])


def plain(learnt: Filter) -> dict[str, Any]:
    """What a filter's pickle holds."""
    held: dict[str, Any] = pickle.loads(pickled(learnt))  # noqa: S301 - our own
    return held


def with_arrays(held: object, learnt: Filter) -> bytes:
    """A pickle of `held` with the arrays of `learnt` behind it, as training writes both."""
    stream = io.BytesIO(pickled(learnt))
    pickle.load(stream)  # noqa: S301 - our own
    stream.seek(-stream.tell() % ALIGNED_BYTES, io.SEEK_CUR)
    arrays = stream.read()
    content = pickle.dumps(held)
    return content + b"\0" * (-len(content) % ALIGNED_BYTES) + arrays


def within_itself() -> dict[str, Any]:
    held = plain(BLEND)
    held["bayes"] = held
    return held


IMPOSSIBLE: dict[str, tuple[Filter, Callable[[], object]]] = {
    "a kind nobody knows": (BAYES, lambda: plain(BAYES) | {"kind": "svm"}),
    "no kind": (BAYES, lambda: {name: value for name, value in plain(BAYES).items() if name != "kind"}),
    "a class without a column": (
        BAYES,
        lambda: plain(BAYES) | {"class_priors": {"lure": -0.5, "pyramid": -1.0}},
    ),
    "a column without a class": (BAYES, lambda: plain(BAYES) | {"class_priors": {}}),
    "weights that are no weights": (BAYES, lambda: plain(BAYES) | {"weights": {"稼ぐ": 2.5}}),
    "arrays larger than what is there": (BAYES, lambda: resized(1)),
    "arrays smaller than what is there": (BAYES, lambda: resized(-1)),
    "arrays of a negative size": (BAYES, lambda: resized(-(1 << 40))),
    "arrays of an immense size": (BAYES, lambda: resized(1 << 80)),
    "arrays whose sizes are no numbers": (BAYES, lambda: resized(0.5)),
    "no calibration": (BAYES, lambda: plain(BAYES) | {"calibration": []}),
    "a first look of three numbers": (BAYES, lambda: plain(BAYES) | {"first_look": [1.0, 2.0, 3.0]}),
    "a first look of no number": (
        BAYES,
        lambda: plain(BAYES) | {"first_look": [1.0, 2.0, float("nan"), 3.0]},
    ),
    "a first look of words": (BAYES, lambda: plain(BAYES) | {"first_look": ["a", "b", "c", "d"]}),
    "knots that are numbers": (BAYES, lambda: plain(BAYES) | {"calibration": [1.0, 0.0, [1.0, 2.0]]}),
    "features that are a number": (BAYES, lambda: plain(BAYES) | {"features": 3}),
    "a blend of a blend": (BLEND, lambda: plain(BLEND) | {"bayes": plain(BLEND)}),
    "a blend of itself": (BLEND, within_itself),
    "a blend of nothing": (BLEND, lambda: plain(BLEND) | {"bayes": None}),
    "a regression of one column": (BLEND, lambda: plain(BLEND) | {"linear": one_column()}),
    "three shares": (BLEND, lambda: plain(BLEND) | {"counts_for": [1.0, 1.0, 1.0]}),
}


def resized(by: float) -> dict[str, Any]:
    held = plain(BAYES)
    held["weights"]["buckets"] = [size + by for size in held["weights"]["buckets"]]
    return held


def one_column() -> dict[str, Any]:
    sizes: dict[str, Any] = plain(BLEND)["linear"]
    return sizes | {"columns": sizes["columns"][:1]}


@pytest.mark.parametrize(("learnt", "held"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_rightly_sealed_filter_whose_parts_can_not_judge_is_refused(
    learnt: Filter, held: Callable[[], object]
) -> None:
    assert unseal(*sealed(with_arrays(plain(learnt), learnt)), KEY, "here").filter == learnt, (
        "nothing changed"
    )
    assert "expected the weights of a filter" in refusal(*sealed(with_arrays(held(), learnt)))


def test_bytes_behind_the_arrays_are_refused() -> None:
    assert "belong to no array" in refusal(*sealed(pickled(BAYES) + b"\0"))


@FILTERS
def test_weights_are_read_where_they_were_verified_without_a_copy(learnt: Filter) -> None:
    content = pickled(learnt)
    found = unseal(*sealed(content), KEY, "here").filter
    weights = [found.weights] if isinstance(found, Bayes) else [found.bayes.weights, found.linear.weights]
    for one in weights:
        arrays: list[Any] = [one.keys, *one.columns, *one.buckets]
        assert all(array.obj is content for array in arrays)
        assert not any(np.frombuffer(array, np.uint8).ctypes.data % ALIGNED_BYTES for array in arrays)
