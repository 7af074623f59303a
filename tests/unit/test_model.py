"""A stored model: sealed as a whole, and plain enough that reading it can do no harm."""

import hashlib
import hmac
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.judging import Thresholds
from shared.spam.model import EXAMINED, FORMAT, model_files, pickled, seal, unseal

KEY = b"a key of this installation"
BAYES = Bayes(
    features=("words", "word_pairs"),
    weights={"稼ぐ": 2.5, "事務": -1.25},
    class_priors={"lure": -0.5},
    class_weights={"lure": {"稼ぐ": 1.5}},
    calibration=Calibration(1.25, -2.0),
)
PASSPORT = {"version": "bayes-1", "thresholds": {"review": 0.4, "take_down": 0.8}, "note": "訓練"}


def sealed(content: bytes = b"", passport: dict[str, Any] | None = None) -> tuple[bytes, bytes]:
    content = content or pickled(BAYES)
    return content, seal(content, passport or PASSPORT, KEY)


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


def test_a_model_is_read_as_it_was_written() -> None:
    model = unseal(*sealed(), KEY, "here")
    assert model.bayes == BAYES
    assert (model.version, model.thresholds) == ("bayes-1", Thresholds(0.4, 0.8))
    assert model.manifest["note"] == "訓練"


def test_a_manifest_can_be_read_by_people_and_checked_by_hand() -> None:
    content, manifest = sealed()
    assert "訓練" in manifest.decode()
    found = json.loads(manifest)
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert found["model_bytes"] == len(content)


def test_the_form_of_a_manifest_on_the_way_does_not_break_its_seal() -> None:
    content, manifest = sealed()
    reordered = json.dumps(dict(reversed(json.loads(manifest).items()))).encode()
    assert unseal(content, reordered, KEY, "here").bayes == BAYES


@given(st.data())
def test_any_changed_byte_of_the_weights_breaks_the_seal(data: st.DataObject) -> None:
    content, manifest = sealed()
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
    other = pickled(Bayes(("words",), {"事務": 9.0}, {}, {}))
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
    copied = {"".join(["稼", "ぐ"]): 2.5, "".join(["事", "務"]): -1.25}
    same = Bayes(
        BAYES.features, copied, {"".join(["lu", "re"]): -0.5}, BAYES.class_weights, BAYES.calibration
    )
    assert pickled(same) == pickled(BAYES)
    assert pickled(unseal(*sealed(), KEY, "here").bayes) == pickled(BAYES)


def test_both_filters_of_a_version_are_sealed_with_the_same_passport() -> None:
    examined = Bayes(("words",), {"稼ぐ": 2.0}, {}, {})
    files = model_files(BAYES, examined, PASSPORT, KEY)
    assert unseal(files["model.pickle"], files["manifest.json"], KEY, "here").bayes == BAYES
    assert unseal(files["examined.pickle"], files["examined.json"], KEY, "here", EXAMINED).bayes == examined
    refusal(files["examined.pickle"], files["examined.json"])  # sealed, but not to judge with
    refusal(files["examined.pickle"], files["manifest.json"])
