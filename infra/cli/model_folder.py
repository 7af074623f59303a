"""A model in a folder on this machine: what `sekisho train` writes and `sekisho judge` reads."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from shared.errors import ConfigError, ModelMissing
from shared.settings import SHORTEST_KEY, model_key
from shared.spam.model import Model, unseal

HOME = Path(__file__).resolve().parents[2] / ".local"
DEFAULT_FOLDER = HOME / "model"
KEY_FILE = HOME / "model.key"


def signing_key() -> bytes:
    """SEKISHO_MODEL_KEY where it is set, else a key of this checkout, made when first needed."""
    told = model_key()
    if told:
        return told
    if not KEY_FILE.exists():
        KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
        part = KEY_FILE.with_suffix(f".{secrets.token_hex(8)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        with suppress(FileExistsError):  # another command made one just now
            os.link(part, KEY_FILE)  # whole from the first moment on
        part.unlink()
    key = KEY_FILE.read_bytes()
    if len(key) < SHORTEST_KEY:
        raise ConfigError(f"{KEY_FILE}: expected at least {SHORTEST_KEY} bytes, came {len(key)}; delete it")
    return key


def write_model(folder: Path, files: dict[str, bytes]) -> None:
    """Keep a model's files in `folder`, the manifest last: a folder without one holds no model.

    Raises ConfigError where there can be no such folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder}: expected a folder to keep a model in, came {error.strerror}") from error
    (folder / "manifest.json").unlink(missing_ok=True)
    for name in ("examined.pickle", "examined.json", "model.pickle", "manifest.json"):
        part = folder / f"{name}.part"
        part.write_bytes(files[name])
        part.replace(folder / name)


def read_model(folder: Path) -> Model:
    """The model in `folder`. Raises ModelMissing, saying how to train one, or BadModel."""
    try:
        weights, manifest = (folder / "model.pickle").read_bytes(), (folder / "manifest.json").read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelMissing(
            f"{folder}: expected a trained model, came none. Train one from labelled posts first:\n"
            f"  sekisho train --posts POSTS.csv --out {folder}\n"
            "POSTS.csv has the columns post_id,posted_at,title,body,label[,violation_class], "
            "label is violation or ok"
        ) from error
    return unseal(weights, manifest, signing_key(), str(folder))
