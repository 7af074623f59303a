"""A model in a folder: there whole or not at all, and only for who has the key."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli import model_folder
from shared.errors import BadModel, ConfigError, ModelMissing
from shared.spam.model import model_files
from tests.unit.token_ids import bayes_of

PASSPORT = {"version": "bayes-1", "thresholds": {"review": 0.4, "take_down": 0.8}}
BAYES = bayes_of({"稼ぐ": 2.0})


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, and no key in the environment."""
    monkeypatch.delenv("SEKISHO_MODEL_KEY", raising=False)
    monkeypatch.setattr(model_folder, "KEY_FILE", tmp_path / "home" / "model.key")
    yield tmp_path / "home" / "model.key"


def files() -> dict[str, bytes]:
    return model_files(BAYES, BAYES, PASSPORT, model_folder.signing_key())


def test_a_model_is_read_as_it_was_written(tmp_path: Path) -> None:
    model_folder.write_model(tmp_path / "a" / "model", files())
    assert model_folder.read_model(tmp_path / "a" / "model").filter == BAYES
    names = {"examined.pickle", "examined.json", "model.pickle", "manifest.json"}
    assert {path.name for path in (tmp_path / "a" / "model").iterdir()} == names


def test_a_new_model_takes_the_place_of_the_old(tmp_path: Path) -> None:
    model_folder.write_model(tmp_path / "m", files())
    other = bayes_of({"稼ぐ": 3.0})
    model_folder.write_model(tmp_path / "m", model_files(other, other, PASSPORT, model_folder.signing_key()))
    assert model_folder.read_model(tmp_path / "m").filter == other


@pytest.mark.parametrize("lost", ["model.pickle", "manifest.json"])
def test_a_folder_without_a_whole_model_says_how_to_train_one(lost: str, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    model_folder.write_model(folder, files())
    (folder / lost).unlink()
    with pytest.raises(ModelMissing, match=rf"sekisho train --posts POSTS.csv --out {folder}"):
        model_folder.read_model(folder)


def test_no_folder_and_a_file_in_its_place_say_how_to_train_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(ModelMissing, match="Train one"):
            model_folder.read_model(folder)


def test_a_damaged_model_is_told_with_its_folder(tmp_path: Path) -> None:
    model_folder.write_model(tmp_path / "m", files())
    (tmp_path / "m" / "model.pickle").write_bytes(b"x")
    with pytest.raises(BadModel, match=str(tmp_path / "m")):
        model_folder.read_model(tmp_path / "m")


def test_a_model_can_not_be_kept_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="expected a folder"):
        model_folder.write_model(tmp_path / "file", files())


def test_a_key_is_made_once_for_its_owner_alone(key_file: Path) -> None:
    made = model_folder.signing_key()
    assert len(made) >= 32
    assert model_folder.signing_key() == made
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["model.key"]


def test_a_told_key_is_used_and_none_is_made(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKISHO_MODEL_KEY", "a key of 16 bytes")
    assert model_folder.signing_key() == b"a key of 16 bytes"
    assert not key_file.exists()


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_file_too_short_to_seal_with_is_not_used(content: bytes, key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_bytes(content)
    with pytest.raises(ConfigError, match="at least 16 bytes"):
        model_folder.signing_key()


def test_what_can_not_be_read_of_a_model_is_told_by_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    model_folder.write_model(folder, files())
    (folder / "model.pickle").unlink()
    (folder / "model.pickle").mkdir()
    with pytest.raises(ConfigError, match=rf"{folder}/model.pickle: expected .*, came Is a directory"):
        model_folder.read_model(folder)


def test_a_folder_in_place_of_the_key_is_told(key_file: Path) -> None:
    key_file.mkdir(parents=True)
    with pytest.raises(ConfigError, match=rf"{key_file}: expected a file with a key, came Is a directory"):
        model_folder.signing_key()


def test_checking_a_folder_leaves_no_trace(tmp_path: Path) -> None:
    model_folder.check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("named", ["file", "file/below", "/proc", "/dev/null"])
def test_where_no_model_can_be_kept_is_known_before_there_is_one(named: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="expected a folder to keep a model in, came "):
        model_folder.check_folder(tmp_path / named)


def test_a_folder_in_place_of_a_model_s_file_is_known_too(tmp_path: Path) -> None:
    (tmp_path / "model.pickle").mkdir()
    with pytest.raises(ConfigError, match=rf"{tmp_path}/model.pickle: expected a file"):
        model_folder.check_folder(tmp_path)
    with pytest.raises(ConfigError, match="Is a directory"):
        model_folder.write_model(tmp_path, files())
