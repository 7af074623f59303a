"""Configuration files, kept in Git and read at run time: from disk on a laptop, from a bucket elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import ConfigError
from shared.yaml_text import parse_yaml

if TYPE_CHECKING:
    from google.cloud.storage import Client


def read_text(location: str, storage: "Callable[[], Client] | None") -> str:
    """The text at `location`, a path or gs://bucket/name. Raises as read_yaml does."""
    return _decoded(location, storage, "UTF-8")


def read_yaml(location: str, storage: "Callable[[], Client] | None") -> tuple[dict[str, Any], str]:
    """The mapping in the YAML file at `location`, a path or gs://bucket/name, and where it was read from.

    `storage` makes the client that reads gs://, and is called only then. Raises ConfigError naming the
    file, and the line where there is one; StorageUnavailable where the bucket can't be read now.
    """
    return parse_yaml(_decoded(location, storage, "YAML in UTF-8"), location).entries, location


def _decoded(location: str, storage: "Callable[[], Client] | None", expected: str) -> str:
    data = _read_object(location, storage) if location.startswith("gs://") else _read_file(location)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{location}, line {line}: expected {expected}, came byte {data[error.start]:#04x}"
        ) from error


def _read_file(location: str) -> bytes:
    try:
        return Path(location).read_bytes()
    except OSError as error:
        raise ConfigError(f"{location}: expected a file, came {error.strerror or error}") from error


def _read_object(location: str, storage: "Callable[[], Client] | None") -> bytes:
    from shared.gcp.object_store import ObjectStore  # noqa: PLC0415 - a path on disk needs no Cloud Storage

    bucket, _, name = location.removeprefix("gs://").partition("/")
    if not bucket or not name:
        raise ConfigError(
            f"{location}: expected gs://bucket/name, came no {'bucket' if not bucket else 'name'}"
        )
    if storage is None:
        raise ConfigError(f"{location}: expected a file on this machine, came a bucket nothing here can read")
    found = ObjectStore(storage(), bucket).read(name)
    if found is None:
        raise ConfigError(f"{location}: expected an object, came nothing of that name")
    return found[0]
