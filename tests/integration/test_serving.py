"""What judges when the stored model is damaged: the last good one, and somebody is told."""

import io
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import BadModel, ModelMissing, SekishoError
from shared.gcp import serving
from shared.gcp.clients import storage_client
from shared.gcp.model_store import Current, ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.serving import FRESH_FOR, Serving
from shared.settings import Cloud
from shared.spam.judging import judge
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from tests.taught_models import MANIFEST, WEIGHTS, small_model, version_of

KEY = b"a key of this installation, long enough"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = NOW + FRESH_FOR
POST = Post("p-1", 1, NOW, NOW, "簡単な副業", "<p>誰でも稼げます。LINEで詳しく</p>")
GOOD, NEWER = 40, 45
"""Posts a day that two versions learnt from."""


class Bucket:
    """A bucket of models, and instances that judge with it."""

    def __init__(self, cloud: Cloud, moderation: Path) -> None:
        self._client = storage_client(cloud)
        name = f"models-{uuid.uuid4().hex[:12]}"
        self._client.create_bucket(name)
        self._moderation = moderation
        self.objects = ObjectStore(self._client, name)
        self.store = ModelStore(self.objects, KEY)

    def promote(self, files: Mapping[str, bytes]) -> str:
        """Keeps a version and has it serve, as training does."""
        version = version_of(files)
        self.store.save(version, dict(files))
        self.store.promote(version, self.store.current(), NOW)
        return version

    def change(self, version: str, name: str, damage: Callable[[bytes], bytes]) -> None:
        """Changes a stored file behind everybody's back."""
        path = f"models/bayes/{version}/{name}"
        found = self.objects.read(path)
        assert found
        self.objects.swap(path, damage(found[0]), found[1])

    def point(self, content: bytes) -> None:
        """Writes `content` where the serving version is named."""
        self.objects.swap("models/bayes/current.json", content, self.store.current().generation)

    def instance(self) -> Serving:
        """A fresh instance of a judging function."""
        return Serving(str(self._moderation), str, self.store, lambda: self._client, Tokenizer)


@pytest.fixture
def bucket(storage_emulator: str, tmp_path: Path) -> Bucket:
    moderation = tmp_path / "moderation.yaml"
    moderation.write_text("mode: review\n")
    cloud = Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator)
    return Bucket(cloud, moderation)


def bit_flipped(content: bytes) -> bytes:
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


def cut_off(content: bytes) -> bytes:
    return content[: len(content) // 2]


def judged_by(instance: Serving, now: datetime) -> str:
    """The version that verdicts of this instance carry."""
    in_force = instance.in_force(now)
    return judge(POST, in_force.detector, in_force.thresholds, in_force.moderation.mode, now).model_version


class Told:
    """What the alert policy on errors counts of the log."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def errors(self) -> list[Mapping[str, Any]]:
        """What was told since it was last asked."""
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        self._stream.truncate(0)
        self._stream.seek(0)
        return [
            line for line in lines if line["severity"] == "ERROR" and line["logger"].startswith("sekisho.")
        ]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    stream = io.StringIO()
    monkeypatch.setattr(serving.log.handlers[0], "stream", stream)
    return Told(stream)


DAMAGES = [
    (WEIGHTS, bit_flipped),
    (WEIGHTS, cut_off),
    (WEIGHTS, lambda _: b""),
    (MANIFEST, bit_flipped),
    (MANIFEST, cut_off),
    (MANIFEST, lambda _: small_model(KEY, GOOD)[MANIFEST]),  # another version's, rightly sealed
    (MANIFEST, lambda _: small_model(KEY, NEWER)["examined.json"]),  # the other part's of the same version
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES)
def test_a_fresh_instance_judges_with_the_version_before_a_damaged_one_and_says_so(
    bucket: Bucket, name: str, damage: Callable[[bytes], bytes], told: Told
) -> None:
    good, newer = bucket.promote(small_model(KEY, GOOD)), bucket.promote(small_model(KEY, NEWER))
    assert good != newer
    bucket.change(newer, name, damage)
    assert judged_by(bucket.instance(), NOW) == good
    (error,) = told.errors()
    assert (error["wanted"], error["model_version"]) == (newer, good)
    assert newer in error["error"]


def test_an_instance_that_runs_keeps_its_model_where_the_next_one_is_damaged(
    bucket: Bucket, told: Told
) -> None:
    good = bucket.promote(small_model(KEY, GOOD))
    instance = bucket.instance()
    assert judged_by(instance, NOW) == good
    newer = bucket.promote(small_model(KEY, NEWER))
    bucket.change(newer, WEIGHTS, bit_flipped)
    assert judged_by(instance, LATER) == good
    assert judged_by(instance, LATER + timedelta(seconds=1)) == good
    assert len(told.errors()) == 1, "once a reading, not once a post"
    assert judged_by(instance, LATER + FRESH_FOR) == good
    assert len(told.errors()) == 1, "as long as it lasts"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"version": "bayes-20200101-gone"}', b"[" * 100_000]
)
def test_an_instance_that_runs_keeps_its_model_where_the_pointer_is_damaged(
    bucket: Bucket, content: bytes, told: Told
) -> None:
    good = bucket.promote(small_model(KEY, GOOD))
    instance = bucket.instance()
    assert judged_by(instance, NOW) == good
    bucket.point(content)
    assert judged_by(instance, LATER) == good
    assert len(told.errors()) == 1
    with pytest.raises(SekishoError):  # a fresh one is told of no version it could take instead
        bucket.instance().in_force(LATER)


def test_the_damaged_version_serves_once_it_is_mended(bucket: Bucket, told: Told) -> None:
    good, newer = bucket.promote(small_model(KEY, GOOD)), bucket.promote(small_model(KEY, NEWER))
    bucket.change(newer, WEIGHTS, bit_flipped)
    instance = bucket.instance()
    assert judged_by(instance, NOW) == good
    bucket.change(newer, WEIGHTS, bit_flipped)
    told.errors()
    assert judged_by(instance, LATER) == newer
    assert told.errors() == []


def test_where_both_versions_are_damaged_nothing_judges_and_both_are_named(bucket: Bucket) -> None:
    good, newer = bucket.promote(small_model(KEY, GOOD)), bucket.promote(small_model(KEY, NEWER))
    for version in (good, newer):
        bucket.change(version, WEIGHTS, bit_flipped)
    with pytest.raises(BadModel, match="seal does not match") as raised:
        bucket.instance().in_force(NOW)
    assert good in str(raised.value)
    assert newer in str(raised.value)


def test_the_first_version_of_all_damaged_judges_nothing(bucket: Bucket) -> None:
    bucket.change(bucket.promote(small_model(KEY, GOOD)), WEIGHTS, bit_flipped)
    with pytest.raises(BadModel, match="seal does not match"):
        bucket.instance().in_force(NOW)


def test_without_any_model_it_says_to_train_first(bucket: Bucket) -> None:
    with pytest.raises(ModelMissing, match="train_spam_model"):
        bucket.instance().in_force(NOW)


def test_what_a_damaged_version_is_replaced_by_falls_back_to_the_last_good_one(bucket: Bucket) -> None:
    first, second, third = (small_model(KEY, posts) for posts in (GOOD, NEWER, 50))
    good = bucket.promote(first)
    bucket.change(bucket.promote(second), WEIGHTS, bit_flipped)
    newest = bucket.promote(third)
    assert bucket.store.current().previous == good, "the one between can't be opened"
    bucket.change(newest, WEIGHTS, cut_off)
    assert judged_by(bucket.instance(), NOW) == good


def test_the_pointer_names_what_served_before(bucket: Bucket) -> None:
    assert bucket.store.current() == Current(None, 0)
    good = bucket.promote(small_model(KEY, GOOD))
    assert bucket.store.current().previous is None
    newer = bucket.promote(small_model(KEY, NEWER))
    assert (bucket.store.current().version, bucket.store.current().previous) == (newer, good)


def test_a_model_of_another_detector_is_no_stand_in_for_the_one_that_was_asked_for(
    bucket: Bucket, tmp_path: Path
) -> None:
    good = bucket.promote(small_model(KEY, GOOD))
    instance = bucket.instance()
    assert judged_by(instance, NOW) == good
    (tmp_path / "moderation.yaml").write_text("mode: review\ndetector: blend\n")
    with pytest.raises(ModelMissing):
        instance.in_force(LATER)
    (tmp_path / "moderation.yaml").write_text("mode: review\n")
    assert judged_by(instance, LATER) == good
