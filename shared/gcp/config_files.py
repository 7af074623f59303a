"""Configuration files, kept in Git and read at run time: from disk on a laptop, from a bucket elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from shared.errors import ConfigError

if TYPE_CHECKING:
    from google.cloud.storage import Client


def read_text(location: str, storage: "Callable[[], Client] | None") -> str:
    """The text at `location`, a path or gs://bucket/name. Raises as read_yaml does."""
    data = _read_object(location, storage) if location.startswith("gs://") else _read_file(location)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{location}: expected UTF-8, came byte {data[error.start]:#04x} at {error.start}"
        ) from error


def read_yaml(location: str, storage: "Callable[[], Client] | None") -> tuple[dict[str, Any], str]:
    """The mapping in the YAML file at `location`, a path or gs://bucket/name, and where it was read from.

    `storage` makes the client that reads gs://, and is called only then. Raises ConfigError naming the
    file, and the line where there is one; StorageUnavailable where the bucket can't be read now.
    """
    data = _read_object(location, storage) if location.startswith("gs://") else _read_file(location)
    try:
        content = yaml.load(data, _StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"{error.problem_mark.line + 1}" if error.problem_mark else "?"
        problem = str(error.problem)
        came = problem if problem.startswith("expected") else f"expected YAML, came {problem}"
        raise ConfigError(f"{location}, line {line}: {came}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(
            f"{location}: expected YAML in UTF-8, came {' '.join(str(error).split())}"
        ) from error
    if not isinstance(content, dict):
        came = "nothing" if content is None else type(content).__name__
        raise ConfigError(f"{location}, line 1: expected a mapping (name: value), came {came}")
    return content, location


class _StrictLoader(yaml.SafeLoader):
    """Plain values only, and each name once: of two lines that say `mode`, YAML would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"expected each name once, came {key.value!r} again"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


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
