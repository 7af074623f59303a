"""Cloud Storage on a laptop keeps the promises production code relies on, as the official client sees it."""

import json
import signal
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core.exceptions import NotFound, PreconditionFailed

from infra.local.emulators import storage_program
from infra.local.processes import Processes, free_ports
from shared.gcp.clients import storage_client
from shared.settings import Cloud

THREADS, STEPS_EACH = 4, 10


Bucket = Any
"""A bucket of the official client, which carries no types."""


def client_of(url: str) -> Any:
    return storage_client(Cloud("sekisho-local", "sekisho", storage_emulator=url))


@pytest.fixture
def bucket(storage_emulator: str) -> Iterator[Bucket]:
    client = client_of(storage_emulator)
    bucket = client.create_bucket(f"bucket-{uuid.uuid4().hex}")
    yield bucket
    bucket.delete(force=True)


def test_only_the_first_writer_may_create_an_object(bucket: Bucket) -> None:
    bucket.blob("current.json").upload_from_string("first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("current.json").upload_from_string("second", if_generation_match=0)
    assert bucket.blob("current.json").download_as_bytes() == b"first"


def test_an_upload_that_names_an_old_generation_changes_nothing(bucket: Bucket) -> None:
    blob = bucket.blob("current.json")
    blob.upload_from_string("one")
    old = blob.generation
    bucket.blob("current.json").upload_from_string("two", if_generation_match=old)
    with pytest.raises(PreconditionFailed):
        bucket.blob("current.json").upload_from_string("three", if_generation_match=old)
    assert bucket.blob("current.json").download_as_bytes() == b"two"


def test_a_resumable_upload_keeps_its_precondition_until_its_last_part(bucket: Bucket) -> None:
    content = bytes(range(256)) * 2048
    session = bucket.blob("model.pickle").create_resumable_upload_session(if_generation_match=0)
    bucket.blob("model.pickle").upload_from_string(b"overtook")
    assert requests.put(session, data=content, timeout=10).status_code == 412
    assert bucket.blob("model.pickle").download_as_bytes() == b"overtook"

    with bucket.blob("other.pickle", chunk_size=256 * 1024).open("wb", if_generation_match=0) as file:
        file.write(content)
    assert bucket.blob("other.pickle").download_as_bytes() == content


def test_a_media_upload_keeps_its_precondition(bucket: Bucket, storage_emulator: str) -> None:
    url = f"{storage_emulator}/upload/storage/v1/b/{bucket.name}/o"
    asked = {"uploadType": "media", "name": "raw", "ifGenerationMatch": "0"}
    assert [requests.post(url, params=asked, data=b"x", timeout=10).status_code for _ in range(2)] == [
        200,
        412,
    ]


def test_delete_and_patch_keep_their_preconditions(bucket: Bucket) -> None:
    blob = bucket.blob("kept")
    blob.upload_from_string("kept")
    blob.metadata = {"by": "us"}
    blob.patch(if_metageneration_match=1)
    with pytest.raises(PreconditionFailed):
        blob.patch(if_metageneration_match=1)
    with pytest.raises(PreconditionFailed):
        blob.delete(if_generation_match=blob.generation + 1)
    with pytest.raises(PreconditionFailed):
        blob.delete(if_metageneration_not_match=blob.metageneration)
    assert bucket.blob("kept").exists()
    blob.delete(if_generation_match=blob.generation)
    assert not bucket.blob("kept").exists()


def test_a_copy_checks_its_source_and_its_destination(bucket: Bucket) -> None:
    source = bucket.blob("from")
    source.upload_from_string("content")
    bucket.copy_blob(
        source, bucket, "to", if_generation_match=0, if_source_generation_match=source.generation
    )
    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "to", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.copy_blob(source, bucket, "third", if_source_generation_match=source.generation + 1)
    with pytest.raises(PreconditionFailed):
        bucket.blob("to").rewrite(source, if_generation_match=0)
    assert not bucket.blob("third").exists()


def test_a_composition_checks_its_sources_and_its_destination(bucket: Bucket) -> None:
    parts = [bucket.blob("a"), bucket.blob("b")]
    for part in parts:
        part.upload_from_string(part.name)
    generations = [part.generation for part in parts]
    bucket.blob("ab").compose(parts, if_generation_match=0, if_source_generation_match=generations)
    with pytest.raises(PreconditionFailed):
        bucket.blob("ab").compose(parts, if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("ba").compose(parts, if_source_generation_match=[generations[0], generations[1] + 1])
    assert bucket.blob("ab").download_as_bytes() == b"ab"
    assert not bucket.blob("ba").exists()


def test_a_read_of_what_is_unchanged_answers_304(bucket: Bucket, storage_emulator: str) -> None:
    blob = bucket.blob("read")
    blob.upload_from_string("content")
    url = f"{storage_emulator}/storage/v1/b/{bucket.name}/o/read"
    for asked, status in (
        ({"ifGenerationNotMatch": blob.generation}, 304),
        ({"ifGenerationNotMatch": blob.generation + 1}, 200),
        ({"ifMetagenerationNotMatch": 1}, 304),
        ({"ifGenerationMatch": blob.generation + 1}, 412),
        ({"ifMetagenerationMatch": 1}, 200),
    ):
        answer = requests.get(url, params=asked, timeout=10)
        assert (answer.status_code, asked) == (status, asked)
    unchanged = requests.get(url, params={"ifGenerationNotMatch": blob.generation}, timeout=10)
    assert unchanged.content == b""


def test_a_download_tells_the_generation_it_read(bucket: Bucket) -> None:
    bucket.blob("told").upload_from_string("content")
    reader = bucket.blob("told")
    reader.download_as_bytes()
    assert reader.generation == bucket.get_blob("told").generation
    assert reader.metageneration == 1


def test_a_generation_that_was_overwritten_is_gone(bucket: Bucket) -> None:
    first = bucket.blob("version")
    first.upload_from_string("one")
    bucket.blob("version").upload_from_string("two")
    with pytest.raises(NotFound):
        bucket.blob("version", generation=first.generation).download_as_bytes()


def test_an_absent_object_is_not_found_whatever_is_asked_of_it(bucket: Bucket) -> None:
    for act in (bucket.blob("absent").delete, bucket.blob("absent").reload, bucket.blob("absent").patch):
        with pytest.raises(NotFound):
            act(if_generation_match=7)


def test_metadata_in_any_script_survives_a_download(bucket: Bucket) -> None:
    blob = bucket.blob("関所/モデル.json")
    blob.metadata = {"説明": "検問\n所", "plain": "text"}
    blob.upload_from_string('{"a": "値"}')
    assert bucket.blob("関所/モデル.json").download_as_text() == '{"a": "値"}'
    assert bucket.get_blob("関所/モデル.json").metadata == {"説明": "検問\n所", "plain": "text"}


def test_a_counter_raced_by_several_writers_is_exact(bucket: Bucket, storage_emulator: str) -> None:
    bucket.blob("counter").upload_from_string("0")
    lost: list[int] = []

    def count_up() -> None:
        own = client_of(storage_emulator).bucket(bucket.name)
        for _ in range(STEPS_EACH):
            while True:
                blob = own.blob("counter")
                value = int(blob.download_as_bytes())
                try:
                    own.blob("counter").upload_from_string(
                        str(value + 1), if_generation_match=blob.generation
                    )
                    break
                except PreconditionFailed:
                    lost.append(value)

    writers = [threading.Thread(target=count_up) for _ in range(THREADS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert int(bucket.blob("counter").download_as_bytes()) == THREADS * STEPS_EACH
    assert lost, "the writers never met: the race was no race"


def test_what_was_stored_is_there_after_a_kill(tmp_path: Path) -> None:
    for attempt in range(2):
        port = free_ports(1)[0]
        with Processes(tmp_path / "logs") as processes:
            processes.start(storage_program(port, tmp_path / "data"))
            processes.wait_until_ready()
            bucket = client_of(f"http://127.0.0.1:{port}").bucket("kept")
            if attempt == 0:
                bucket.create()
                bucket.blob("a/b.json").upload_from_string(json.dumps({"n": 1}))
                processes.running["storage"].process.send_signal(signal.SIGKILL)
            else:
                assert json.loads(bucket.blob("a/b.json").download_as_bytes()) == {"n": 1}
