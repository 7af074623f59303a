"""Models made to do harm: each is refused by name, and nothing of it runs.

Without the installation's key an attacker can't make a seal, and not a byte of the pickle is looked at. With
the key it still can only hold plain types: what would import, call, build or exhaust is refused as well.
"""

import copyreg
import io
import json
import os
import pickle
import resource
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import ModelUntrusted
from shared.spam import model, packing
from shared.spam.model import EXAMINED, seal, unseal
from shared.spam.packing import FORMAT
from tests.taught_models import MANIFEST, WEIGHTS, small_model, version_of

KEY = b"a key of this installation, long enough"
EXTENSION = 0x99
ROOM_BYTES = 1 << 30
"""What a hostile model may have allocated, so that a test never takes the machine's memory."""


def refusal(content: bytes, manifest: bytes) -> str:
    with pytest.raises(ModelUntrusted) as raised:
        unseal(content, manifest, KEY, "gs://models/bayes-1")
    assert str(raised.value).startswith("gs://models/bayes-1: ")
    return str(raised.value)


def sealed(content: bytes, **passport: Any) -> bytes:
    """A right manifest for `content`: what only who has the key can write."""
    return seal(content, json.loads(small_model(KEY)[MANIFEST]) | passport, KEY)


class Reduced:
    """What pickle writes of an object that wants to be made by a call."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (self.command,)


def short(text: str) -> bytes:
    """A short string, as protocol 4 and later write it."""
    return b"\x8c" + bytes([len(text)]) + text.encode()


CALLS: dict[str, Callable[[str], bytes]] = {
    "REDUCE of os.system, protocol 0": lambda command: pickle.dumps(Reduced(command), 0),
    "REDUCE of os.system, protocol 5": lambda command: pickle.dumps(Reduced(command), 5),
    "REDUCE deep within lists": lambda command: pickle.dumps([[{"weights": [Reduced(command)]}]]),
    "REDUCE as a key": lambda command: pickle.dumps({Reduced(command): 1}),
    "REDUCE behind a model": lambda command: pickle.dumps([small_model(KEY)[WEIGHTS], Reduced(command)]),
    "GLOBAL": lambda command: b"cos\nsystem\n(V" + command.encode() + b"\ntR.",
    "GLOBAL builtins.eval": lambda command: (
        b"cbuiltins\neval\n(V__import__('os').system('" + command.encode() + b"')\ntR."
    ),
    "GLOBAL builtins.exec, nested": lambda command: (
        b"}Vweights\n(lcbuiltins\nexec\n(Vimport os; os.system('" + command.encode() + b"')\ntRas."
    ),
    "STACK_GLOBAL": lambda command: (
        b"\x80\x04" + short("os") + short("system") + b"\x93(" + short(command) + b"tR."
    ),
    "STACK_GLOBAL by a dotted name": lambda command: (
        b"\x80\x04" + short("shutil") + short("os.system") + b"\x93(" + short(command) + b"tR."
    ),
    "INST": lambda command: b"(V" + command.encode() + b"\nios\nsystem\n.",
    "OBJ": lambda command: b"(cos\nsystem\nV" + command.encode() + b"\no.",
    "BUILD": lambda command: (
        b"ctypes\nSimpleNamespace\n)\x81}V__setstate__\ncos\nsystem\nsbV" + command.encode() + b"\nb."
    ),
    "EXT1": lambda command: b"\x82" + bytes([EXTENSION]) + b"(V" + command.encode() + b"\ntR.",
    "EXT4": lambda command: b"\x84" + struct.pack("<i", EXTENSION) + b"(V" + command.encode() + b"\ntR.",
    "memo, fetched twice": lambda command: b"cos\nsystem\np7\n0g7\n2(V" + command.encode() + b"\ntR.",
    "STACK_GLOBAL of names from the memo": lambda command: (
        b"\x80\x04" + short("system") + b"\x940" + short("os") + b"h\x00\x93(" + short(command) + b"tR."
    ),
}

REFUSED: dict[str, bytes] = {
    "a class alone": b"ctypes\nSimpleNamespace\n.",
    "NEWOBJ": b"ctypes\nSimpleNamespace\n)\x81.",
    "NEWOBJ_EX": b"\x80\x04" + short("types") + short("SimpleNamespace") + b"\x93)}\x92.",
    "an unknown extension": b"\x83\x01\x02.",
    "a persistent id": b"P../../etc/passwd\n.",
    "a persistent id, binary": b"K\x01Q.",
    "a persistent id within a dictionary": b"}Vweights\nK\x01Qs.",
    "a buffer from elsewhere": b"\x80\x05\x97.",
    "a memo never written": b"h\x07.",
    "a memo never written, far": b"j\xff\xff\xff\x7f.",
    "a memo of a negative number": b"Kp-1\n.",
    "an empty stack": b".",
    "a mark that is missing": b"Kt.",
    "a call of what is no function": b"K\x01)R.",
    "BUILD on a number": b"K\x01}b.",
    "BUILD on a dictionary": b"}}V__class__\nNsb.",
    "append to a number": b"K\x01K\x02a.",
    "a key that can't be one": b"}]K\x01s.",
    "an unknown opcode": b"\xff.",
    "an unknown protocol": b"\x80\x63N.",
    "no end": b"\x80\x05}",
    "nothing": b"",
    "text": b"not a pickle",
    "a string of half characters": b"\x8c\x01\xff.",
    "a number too long to read": b"I" + b"9" * 10_000 + b"\n.",
    "a long of negative length": b"\x8b\xff\xff\xff\xff.",
    "a float that is none": b"Fone\n.",
    "a list that holds itself": b"]q\x00h\x00a.",
    "a dictionary that holds itself": b"}q\x00Vweights\nh\x00s.",
    "100,000 lists in one another": b"]" * 100_000 + b"a" * 99_999 + b".",
    "100,000 tuples in one another": b")" + b"\x85" * 100_000 + b".",
    "100,000 tuples in one another, as a key": b"})" + b"\x85" * 100_000 + b"Ns.",
    "a million marks": b"(" * 1_000_000 + b".",
    "a string of 4 exabytes": b"\x8d" + struct.pack("<Q", 1 << 62) + b"x.",
    "bytes of 4 exabytes": b"\x8e" + struct.pack("<Q", 1 << 62) + b"x.",
    "a byte array of 4 exabytes": b"\x96" + struct.pack("<Q", 1 << 62) + b"x.",
    "a byte array of 2 gigabytes": b"\x96" + struct.pack("<Q", 1 << 31) + b"x.",
    "a length below zero": b"\x8e" + struct.pack("<q", -1) + b"x.",
    "a frame of 16 exabytes": b"\x80\x04\x95" + b"\xff" * 8 + b"N.",
    "a memo of 4 billion places": b"Nr\xff\xff\xff\xff.",
    "a memo of 4 billion places, in text": b"Np4294967295\n.",
    "strings doubled without end": b"Vx\n" + b"2\x86" * 64 + b".",
}


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """A process that can't have much more memory than it has, and knows one extension."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM_BYTES, before[1]))
    copyreg.add_extension("os", "system", EXTENSION)
    copyreg.clear_extension_cache()
    yield
    copyreg.remove_extension("os", "system", EXTENSION)
    copyreg.clear_extension_cache()
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("attack", CALLS.values(), ids=CALLS)
def test_what_would_run_a_command_is_refused_and_runs_nothing(
    attack: Callable[[str], bytes], tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    content = attack(f"touch {ran}")
    assert "seal does not match" in refusal(content, small_model(KEY)[MANIFEST]), "without the key"
    assert "plain types only" in refusal(content, sealed(content)), "with the key"
    assert not ran.exists()
    pickle.loads(content)  # noqa: S301 - that the attack is one
    assert ran.exists()


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_would_break_or_exhaust_the_judge_is_refused(content: bytes) -> None:
    assert "seal does not match" in refusal(content, small_model(KEY)[MANIFEST]), "without the key"
    refusal(content, sealed(content))


def test_nothing_is_unpickled_before_the_seal_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError("the pickle was looked at")

    files = small_model(KEY)
    monkeypatch.setattr(
        packing, "pickle", SimpleNamespace(**vars(pickle) | {"Unpickler": opened, "loads": opened})
    )
    monkeypatch.setattr(packing, "io", SimpleNamespace(**vars(io) | {"BytesIO": opened}))
    assert "seal does not match" in refusal(files[WEIGHTS] + b"x", files[MANIFEST])


@settings(max_examples=60)
@given(st.data())
def test_a_real_model_cut_off_anywhere_is_refused(data: st.DataObject) -> None:
    files = small_model(KEY)
    weights = files[WEIGHTS][: data.draw(st.integers(0, len(files[WEIGHTS]) - 1))]
    manifest = files[MANIFEST][: data.draw(st.integers(0, len(files[MANIFEST]) - 1))]
    refusal(weights, files[MANIFEST])
    refusal(files[WEIGHTS], manifest)
    refusal(weights, sealed(weights))  # by who has the key


@settings(max_examples=60)
@given(st.data())
def test_a_real_model_with_one_bit_flipped_is_refused(data: st.DataObject) -> None:
    files = small_model(KEY)
    for name in (WEIGHTS, MANIFEST):
        changed = bytearray(files[name])
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        damaged = {**files, name: bytes(changed)}
        if name == MANIFEST and _says_the_same(damaged[MANIFEST], files[MANIFEST]):
            continue  # white space of the same kind
        refusal(damaged[WEIGHTS], damaged[MANIFEST])


@settings(max_examples=100)
@given(st.data())
def test_a_rightly_sealed_model_with_damaged_bytes_is_refused_or_read_but_never_fails_otherwise(
    data: st.DataObject,
) -> None:
    content = bytearray(small_model(KEY)[WEIGHTS])
    ends = st.integers(0, 400) | st.integers(len(content) - 400, len(content) - 1)
    for place in data.draw(st.lists(ends | st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    manifest = sealed(bytes(content))
    try:
        read = unseal(bytes(content), manifest, KEY, "gs://models/bayes-1")
    except ModelUntrusted as error:
        assert str(error).startswith("gs://models/bayes-1: ")
    else:
        assert read.version == version_of(small_model(KEY))


def test_a_manifest_of_another_version_or_part_is_refused() -> None:
    one, other = small_model(KEY, 40), small_model(KEY, 45)
    assert version_of(one) != version_of(other)
    assert "seal does not match" in refusal(one[WEIGHTS], other[MANIFEST])
    assert "seal does not match" in refusal(other[WEIGHTS], one[MANIFEST])
    assert EXAMINED in refusal(one["examined.pickle"], one["examined.json"])
    assert "seal does not match" in refusal(one["examined.pickle"], one[MANIFEST])


def test_a_model_sealed_with_another_key_is_refused() -> None:
    weights = small_model(KEY)[WEIGHTS]
    passport = json.loads(small_model(KEY)[MANIFEST])
    assert "SEKISHO_MODEL_KEY" in refusal(weights, seal(weights, passport, b"another installation's"))


@pytest.mark.parametrize("older", [FORMAT - 1, 0, FORMAT + 1])
def test_a_model_of_another_release_says_to_train_again(older: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_model(KEY)
    with monkeypatch.context() as release:
        release.setattr(model, "FORMAT", older)
        manifest = sealed(files[WEIGHTS])
    assert "train again" in refusal(files[WEIGHTS], manifest)


def _says_the_same(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False
