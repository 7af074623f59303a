"""Configuration files, from disk and from a bucket, say where they are wrong."""

import uuid
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.gcp.clients import storage_client
from shared.gcp.config_files import read_yaml
from shared.settings import Cloud


def test_a_file_reads_the_same_from_disk_and_from_a_bucket(storage_emulator: str, tmp_path: Path) -> None:
    client = storage_client(Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator))
    bucket = client.create_bucket(f"config-{uuid.uuid4().hex}")
    text = "mode: capped\nnote: 上限\n"
    bucket.blob("moderation.yaml").upload_from_string(text)
    file = tmp_path / "moderation.yaml"
    file.write_text(text, encoding="utf-8")
    uri = f"gs://{bucket.name}/moderation.yaml"
    expected = {"mode": "capped", "note": "上限"}
    assert read_yaml(str(file), None) == (expected, str(file))
    assert read_yaml(uri, lambda: client) == (expected, uri)
    with pytest.raises(ConfigError, match=f"gs://{bucket.name}/other.yaml: expected an object"):
        read_yaml(f"gs://{bucket.name}/other.yaml", lambda: client)
    with pytest.raises(ConfigError, match=f"{uri}: expected a file on this machine"):
        read_yaml(uri, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"mode: auto\nlimit: [1, 2\nx: 1\n", "moderation.yaml, line 3: expected ',' or ']'"),
        (
            b"mode: auto\nmode: shadow\n",
            "moderation.yaml, line 2: expected each name once, came 'mode' again",
        ),
        (b"- auto\n", "moderation.yaml, line 1: expected a mapping .* came list"),
        (b"", "moderation.yaml, line 1: expected a mapping .* came nothing"),
        (b"mode: \xff\xfe\n", "moderation.yaml, line 1: expected YAML in UTF-8"),
        (b"!!python/object/apply:os.getcwd []\n", "moderation.yaml, line 1: expected YAML"),
    ],
)
def test_a_file_that_can_not_be_used_is_named_with_its_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "moderation.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_yaml(str(file), None)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: expected a file, came No such file"):
        read_yaml(str(tmp_path / "absent.yaml"), None)
    with pytest.raises(ConfigError, match="gs://bucket: expected gs://bucket/name, came no name"):
        read_yaml("gs://bucket", None)
