"""A model in a folder on this machine: what `sekisho train` writes and `sekisho judge` reads."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import typer

from shared.errors import ConfigError, ModelMissing
from shared.settings import SHORTEST_KEY, model_key
from shared.spam.model import Model, unseal

HOME = Path(__file__).resolve().parents[2] / ".local"
DEFAULT_FOLDER = HOME / "model"
KEY_FILE = HOME / "model.key"
FILES = ("examined.pickle", "examined.json", "model.pickle", "manifest.json")
"""A model's files, the manifest last: a folder without one holds no model."""


def folder(named: str | Path) -> Path:
    """The folder an option names. An empty name is refused: it would mean the working directory."""
    if not str(named):
        raise typer.BadParameter("expected a folder, came an empty name")
    return Path(named)


def signing_key() -> bytes:
    """SEKISHO_MODEL_KEY where it is set, else a key of this checkout, made when first needed.

    Raises ConfigError where neither can be used.
    """
    told = model_key()
    if told:
        return told
    try:
        key = _own_key()
    except OSError as error:
        raise ConfigError(f"{KEY_FILE}: expected a file with a key, came {error.strerror}") from error
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"{KEY_FILE}: expected at least {SHORTEST_KEY} bytes, came {len(key)}; delete it")
    return key


def _own_key() -> bytes:
    if not KEY_FILE.exists():
        KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
        part = KEY_FILE.with_suffix(f".{secrets.token_hex(8)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        with suppress(FileExistsError):  # another command made one just now
            os.link(part, KEY_FILE)  # whole from the first moment on
        part.unlink()
    return KEY_FILE.read_bytes()


def check_folder(folder: Path) -> None:
    """Raises ConfigError where no model can be kept in `folder`: known before the training, not after."""
    try:
        nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
        with tempfile.TemporaryFile(dir=nearest):  # a file no one sees: only the attempt tells
            pass
        taken = [folder / name for name in FILES if (folder / name).is_dir()]
    except OSError as error:
        raise ConfigError(f"{folder}: expected a folder to keep a model in, came {error.strerror}") from error
    if taken:
        raise ConfigError(f"{taken[0]}: expected a file or nothing, came a folder")


def write_model(folder: Path, files: dict[str, bytes]) -> None:
    """Keep a model's files in `folder`. Raises ConfigError where they can't be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILES[-1]).unlink(missing_ok=True)
        for name in FILES:
            part = folder / f"{name}.part"
            part.write_bytes(files[name])
            part.replace(folder / name)
    except OSError as error:
        raise ConfigError(f"{folder}: expected a folder to keep a model in, came {error.strerror}") from error


def read_model(folder: Path) -> Model:
    """The model in `folder`. Raises ModelMissing, saying how to train one, BadModel, or ConfigError."""
    try:
        weights, manifest = (folder / "model.pickle").read_bytes(), (folder / "manifest.json").read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelMissing(
            f"{folder}: expected a trained model, came none. Train one from labelled posts first:\n"
            f"  sekisho train --posts POSTS.csv --out {folder}\n"
            "POSTS.csv has the columns post_id,posted_at,title,body,label[,violation_class], "
            "label is violation or ok"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{error.filename or folder}: expected a model's file, came {error.strerror}"
        ) from error
    return unseal(weights, manifest, signing_key(), str(folder))
