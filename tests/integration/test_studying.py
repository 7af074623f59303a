"""The evidence of a training run: posts are read where a day is new or changed, and nowhere else."""

import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ipadic
import numpy as np
import pytest
from google.cloud import bigquery

from shared.gcp.clients import storage_client
from shared.gcp.day_store import DayStore
from shared.gcp.label_table import LabelTable
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.settings import Cloud
from shared.spam.counts import Counts
from shared.spam.evidence import Evidence, TrainingRules, Window, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer, Reading, Tokens
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.studying import Study

KEY = b"a key of this installation, long enough"
TOKYO = ZoneInfo("Asia/Tokyo")
START = date(2026, 9, 1)
RULES = TrainingRules()


class Reader(Featurizer):
    """A featurizer that remembers which bodies it read."""

    def __init__(self) -> None:
        super().__init__(DEFAULT_FEATURES, Tokenizer())
        self.read: list[str] = []

    def tokens_of(self, reading: Reading) -> Tokens:
        self.read.append(reading.html)
        return super().tokens_of(reading)


class Desk:
    """A dataset and a bucket of a test's own, and the study of them."""

    def __init__(self, client: bigquery.Client, dataset: str, storage: str) -> None:
        self.posts, self.labels = PostTable(client, dataset), LabelTable(client, dataset)
        gcs = storage_client(Cloud("sekisho-local", "sekisho", storage_emulator=storage))
        name = f"models-{uuid.uuid4().hex[:12]}"
        gcs.create_bucket(name)
        self.objects = ObjectStore(gcs, name)
        self.prefix = uuid.uuid4().hex[:6]
        self.ids: dict[str, str] = {}

    def write(self, day: date, number: int, answer: Answer = Answer.OK) -> Post:
        when = datetime(day.year, day.month, day.day, 1, number, tzinfo=TOKYO).astimezone(UTC)
        post = Post(f"{self.prefix}-{day}-{number}", 1, when, when, "副業", f"稼ぐ 事務 {day} {number} 番")
        self.ids[post.body] = post.post_id
        self.posts.append([post], when)
        self.answer(post, answer, when)
        return post

    def answer(self, post: Post, answer: Answer, when: datetime) -> None:
        kind = "lure" if answer is Answer.VIOLATION else ""
        self.labels.append([ReviewLabel(uuid.uuid4().hex, *post.key, answer, kind, Source.QUEUE, "r", when)])

    def study(self, start: date, key: bytes = KEY) -> tuple[Evidence, list[str]]:
        """The evidence of five days, and the posts that were read for it."""
        reader = Reader()
        study = Study(self.posts, DayStore(self.objects, key), reader, TOKYO, logging.getLogger("study"))
        found = study.evidence(Window(start, start + timedelta(days=5)), RULES)
        return found, [self.ids[body] for body in reader.read if body in self.ids]

    def recount(self, start: date) -> Counts:
        reader = Featurizer(DEFAULT_FEATURES, Tokenizer())
        found = [example(one, reader) for one in self.posts.labelled(start, start + timedelta(days=5), TOKYO)]
        return Counts.of((one.ids, one.violation_class) for one in found)


@pytest.fixture
def desk(
    bigquery_api: bigquery.Client, dataset: str, storage_emulator: str, request: pytest.FixtureRequest
) -> Desk:
    return Desk(bigquery_api, dataset, storage_emulator)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> date:
    """Days of the test's own: the dataset is the module's."""
    names = sorted(name for name in vars(request.module) if name.startswith("test_"))
    return START - timedelta(days=30 * names.index(request.node.name))


def filled(desk: Desk, start: date) -> Mapping[int, list[Post]]:
    kinds = (Answer.OK, Answer.VIOLATION, Answer.OK)
    return {
        number: [desk.write(start + timedelta(days=number), at, kind) for at, kind in enumerate(kinds)]
        for number in range(5)
    }


def test_the_first_run_reads_every_post_and_the_next_one_none(desk: Desk, start: date) -> None:
    posts = filled(desk, start)
    first, read = desk.study(start)
    assert sorted(read) == sorted(post.post_id for day in posts.values() for post in day)
    again, read_again = desk.study(start)
    assert read_again == []
    assert first.counts == again.counts == desk.recount(start)
    assert [one.post_id for one in first.labels] == [post.post_id for day in posts.values() for post in day]
    assert [ids.tolist() for ids in first.tokens()] == [ids.tolist() for ids in again.tokens()]
    assert len(again.held_out) == 3
    assert [one.labelled.post for one in again.held_out] == posts[4]
    assert {"副業", "稼ぐ"} <= set(again.vocabulary)


def test_a_day_later_only_the_new_day_is_read(desk: Desk, start: date) -> None:
    filled(desk, start)
    desk.study(start)
    new = desk.write(start + timedelta(days=5), 1, Answer.VIOLATION)
    found, read = desk.study(start + timedelta(days=1))
    assert read == [new.post_id]
    assert found.counts == desk.recount(start + timedelta(days=1))


def test_a_day_whose_label_changed_is_counted_again(desk: Desk, start: date) -> None:
    posts = filled(desk, start)
    desk.study(start)
    turned = posts[2][1]
    desk.answer(turned, Answer.OK, turned.revised_at + timedelta(days=2))
    found, read = desk.study(start)
    assert read == [post.post_id for post in posts[2]]
    assert found.counts == desk.recount(start)
    assert [one.is_violation for one in found.labels if one.post_id == turned.post_id] == [False]


def test_a_late_label_brings_its_post_in(desk: Desk, start: date) -> None:
    filled(desk, start)
    desk.study(start)
    late = desk.write(start + timedelta(days=1), 30, Answer.VIOLATION)
    found, read = desk.study(start)
    assert late.post_id in read
    assert len(read) == 4
    assert found.counts == desk.recount(start)


@pytest.mark.parametrize("loss", ["window", "day", "both"])
def test_what_is_damaged_or_lost_is_counted_anew(
    bigquery_api: bigquery.Client, dataset: str, storage_emulator: str, loss: str
) -> None:
    desk = Desk(bigquery_api, dataset, storage_emulator)
    start = START + timedelta(days=30 * (1 + ["window", "day", "both"].index(loss)))
    filled(desk, start)
    desk.study(start)
    for name in desk.objects.names("models/training/"):
        if loss == "both" or ("window" in name) == (loss == "window"):
            found = desk.objects.read(name)
            assert found
            desk.objects.swap(name, found[0][:-1], found[1])
    new = desk.write(start + timedelta(days=5), 1, Answer.VIOLATION)
    found_again, _ = desk.study(start + timedelta(days=1))
    assert found_again.counts == desk.recount(start + timedelta(days=1))
    assert new.post_id in {one.post_id for one in found_again.labels}
    assert desk.study(start + timedelta(days=1))[1] == [], "and kept again"


def test_counts_that_are_not_ours_teach_nothing(desk: Desk, start: date) -> None:
    filled(desk, start)
    desk.study(start, b"another key, of whoever wrote there")
    found, read = desk.study(start)
    assert len(read) == 15
    assert found.counts == desk.recount(start)


def test_a_day_put_in_the_place_of_another_is_not_believed(desk: Desk, start: date) -> None:
    filled(desk, start)
    desk.study(start)
    names = desk.objects.names("models/training/days/")
    one, other = (desk.objects.read(name) for name in names[:2])
    assert one
    assert other
    desk.objects.swap(names[0], other[0], one[1])
    window = desk.objects.read("models/training/window.npz")
    assert window
    desk.objects.swap("models/training/window.npz", b"", window[1])
    found, read = desk.study(start)
    assert len(read) == 3
    assert found.counts == desk.recount(start)


def test_a_post_too_long_to_judge_teaches_nothing(desk: Desk, start: date) -> None:
    posts = filled(desk, start)
    when = posts[4][2].revised_at + timedelta(minutes=1)
    for number, (title, body) in enumerate(
        (("題", "長" * 200_001), ("題" * 2_001, "長"), ("題", "長" * 200_000))
    ):
        post = Post(f"{desk.prefix}-long-{number}", 1, when, when, title, body)
        desk.posts.append([post], when)
        desk.answer(post, Answer.VIOLATION, when)
    found, _ = desk.study(start)
    ids = {post.post_id for day in posts.values() for post in day}
    assert {one.post_id for one in found.labels} - ids == {f"{desk.prefix}-long-2"}
    assert found.counts == desk.recount(start)


class Shouting(Featurizer):
    """The same features by other code: every post says one thing more."""

    def tokens_of(self, reading: Reading) -> Tokens:
        found = super().tokens_of(reading)
        return found._replace(named=(*found.named, "says:aloud"))


def test_other_features_code_or_dictionaries_count_every_day_anew(desk: Desk, start: date) -> None:
    """Kept tokens must be those a judge would make now: thresholds are measured on them."""
    filled(desk, start)
    desk.study(start)
    days = DayStore(desk.objects, KEY)
    dictionary = Tokenizer(dictionary=ipadic.DICDIR)
    assert (
        Featurizer(DEFAULT_FEATURES, dictionary).made_by != Featurizer(DEFAULT_FEATURES, Tokenizer()).made_by
    )
    for other in (Featurizer(("words",), Tokenizer()), Shouting(DEFAULT_FEATURES, Tokenizer())):
        study = Study(desk.posts, days, other, TOKYO, logging.getLogger("study"))
        found = study.evidence(Window(start, start + timedelta(days=5)), RULES)
        posts = desk.posts.labelled(start, start + timedelta(days=5), TOKYO)
        examples = [example(one, other) for one in posts]
        assert found.counts == Counts.of((one.ids, one.violation_class) for one in examples)
    assert desk.study(start)[0].counts == desk.recount(start), "and back again"


def test_a_window_without_labels_is_evidence_of_nothing(desk: Desk) -> None:
    found, read = desk.study(START - timedelta(days=900))
    assert (list(found.labels), list(found.held_out), read) == ([], [], [])
    assert found.counts == Counts({}, np.empty(0, np.uint32), np.empty((0, 0), np.int32))
