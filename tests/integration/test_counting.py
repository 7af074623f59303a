"""Evidence counted in BigQuery teaches the filter that the days' evidence does, whatever comes meanwhile."""

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from google.cloud import bigquery

from infra.local.sample.posts import SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from shared.counting import Census
from shared.errors import StorageUnavailable, TrainingRefused
from shared.gcp.clients import storage_client
from shared.gcp.day_store import DayStore
from shared.gcp.label_table import LabelTable
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.gcp.token_table import Survey, TokenTable
from shared.settings import Cloud
from shared.spam.counts import NOTHING, Counts, Ids
from shared.spam.evidence import Evidence, TrainingRules, Window, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import Answer, LabelledPost, ReviewLabel, Source
from shared.spam.packing import pickled
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.spam.training import train
from shared.studying import Study

TOKYO = ZoneInfo("Asia/Tokyo")
START = date(2026, 9, 1)
RULES = TrainingRules()
NOW = datetime(2026, 11, 1, tzinfo=UTC)
READER = Featurizer(DEFAULT_FEATURES, Tokenizer())


class Between(TokenTable):
    """The table, where something happens each time right before or after the window is surveyed."""

    before: Callable[[], object] = staticmethod(lambda: None)
    after: Callable[[], object] = staticmethod(lambda: None)

    def survey(self, start: date, since: date, end: date, zone: ZoneInfo, features: Sequence[str]) -> Survey:
        self.before()
        found = super().survey(start, since, end, zone, features)
        self.after()
        return found


@dataclass(frozen=True)
class Desk:
    """Posts, the answers on them, and their tokens."""

    client: bigquery.Client
    dataset: str
    posts: PostTable
    labels: LabelTable
    tokens: Between
    prefix: str  # of its posts: rows of an id that was stored and erased before would count as repeats

    @classmethod
    def of(cls, client: bigquery.Client, dataset: str) -> "Desk":
        tables = PostTable(client, dataset), LabelTable(client, dataset), Between(client, dataset)
        return cls(client, dataset, *tables, uuid.uuid4().hex[:6])

    def write(self, day: int, number: int, answer: Answer = Answer.OK) -> Post:
        """A post that people answered on, without tokens."""
        there = START + timedelta(days=day)
        when = datetime(there.year, there.month, there.day, 1, number, tzinfo=TOKYO).astimezone(UTC)
        post = Post(
            f"{self.prefix}-{day}-{number:02}", 1, when, when, "副業", f"稼ぐ 事務 {number} 番 第{day}日"
        )
        self.posts.append([post], when)
        self.answer(post, answer, when)
        return post

    def filled(self) -> list[list[Post]]:
        """Five days of three posts, the second of each violating, all with tokens."""
        kinds = (Answer.OK, Answer.VIOLATION, Answer.OK)
        days = [[self.write(day, at, kind) for at, kind in enumerate(kinds)] for day in range(5)]
        self.tokenise(post for day in days for post in day)
        return days

    def answer(self, post: Post, answer: Answer, when: datetime) -> None:
        kind = "lure" if answer is Answer.VIOLATION else ""
        self.labels.append([ReviewLabel(uuid.uuid4().hex, *post.key, answer, kind, Source.QUEUE, "r", when)])

    def tokenise(self, posts: Iterable[Post], at: datetime = NOW, ids: Ids | None = None) -> None:
        found = ((one.label, example(one, READER).ids if ids is None else ids) for one in map(shown, posts))
        assert self.tokens.load(found, DEFAULT_FEATURES, at, uuid.uuid4().hex)

    def evidence(self, days: int = 5) -> Evidence:
        census = Census(self.posts, self.tokens, READER, TOKYO, logging.getLogger("census"))
        return census.evidence(Window(START, START + timedelta(days=days)), RULES)

    def recount(self) -> Counts:
        """All labelled posts, counted here."""
        there = self.posts.labelled(START, START + timedelta(days=5), TOKYO)
        found = [example(one, READER) for one in there]
        return Counts.of((one.ids, one.violation_class) for one in found)

    def erase(self, table: str, post: Post) -> None:
        sql = f"DELETE FROM `{self.dataset}.{table}` WHERE post_id = '{post.post_id}'"  # noqa: S608 - ours
        self.client.query_and_wait(sql)

    def forget(self) -> None:
        for table in ("post_tokens", "posts", "review_labels"):
            self.client.query_and_wait(f"TRUNCATE TABLE `{self.dataset}.{table}`")


@pytest.fixture
def desk(bigquery_api: bigquery.Client, dataset: str) -> Iterator[Desk]:
    """No post, and no label."""
    desk = Desk.of(bigquery_api, dataset)
    yield desk
    desk.forget()


def shown(post: Post) -> LabelledPost:
    return LabelledPost(post, Answer.OK, "", Source.QUEUE)


def taught(evidence: Evidence) -> Counts:
    """The counts of the posts that teach, as training makes them."""
    return evidence.counts - Counts.of((one.ids, one.violation_class) for one in evidence.held_out)


def ids_of(evidence: Evidence) -> list[str]:
    return [one.post_id for one in evidence.labels]


@pytest.fixture
def month(desk: Desk, storage_emulator: str) -> tuple[Evidence, Evidence]:
    """What the days say of a month of sample posts, and what BigQuery does."""
    sizes = SampleSizes(days=30, posts_per_day=40, violation_share=0.3, patrol_share=0.4)
    sample = sample_posts(sizes, datetime(2026, 9, 30, 15, tzinfo=UTC))
    desk.posts.load(sample.posts, None, uuid.uuid4().hex)
    desk.labels.load(sample_reviews(sample, NOW), uuid.uuid4().hex)
    desk.tokenise(sample.posts)
    gcs = storage_client(Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator))
    name = f"models-{uuid.uuid4().hex[:12]}"
    gcs.create_bucket(name)
    days = DayStore(ObjectStore(gcs, name), b"a key of this installation, long enough")
    study = Study(desk.posts, days, READER, TOKYO, logging.getLogger("study"))
    return study.evidence(Window(START, START + timedelta(days=30)), RULES), desk.evidence(30)


def test_where_all_posts_are_tokenised_the_filter_is_the_same_to_the_last_byte(
    month: tuple[Evidence, Evidence],
) -> None:
    kept, counted = month
    assert len(counted.labels) > 300
    assert counted.labels == kept.labels
    assert counted.counts == kept.counts
    assert [one.labelled for one in counted.held_out] == [one.labelled for one in kept.held_out]
    assert all(np.array_equal(a.ids, b.ids) for a, b in zip(counted.held_out, kept.held_out, strict=True))
    assert all(one.ids.dtype == np.uint32 for one in counted.held_out)
    told = [(e.unlabelled, e.patrolled, e.patrolled_violations) for e in month]
    assert told[0] == told[1]
    violating = [one.labelled for one in kept.held_out if one.is_violation]
    assert counted.vocabulary == {word for one in violating for word in example(one, READER).words}
    assert {"副業"} < set(counted.vocabulary) <= set(kept.vocabulary)
    by_days, by_bigquery = (train(evidence, READER, RULES, None) for evidence in month)
    assert pickled(by_bigquery.final) == pickled(by_days.final)
    assert pickled(by_bigquery.examined) == pickled(by_days.examined)
    assert by_bigquery.passport["thresholds"] == by_days.passport["thresholds"]

    # The challenger looks at posts one by one: it is refused with a reason, and nothing falls over.
    with pytest.raises(TrainingRefused, match=r"^not taught: expected the tokens of every post"):
        train(counted, READER, RULES, None, "blend", by_bigquery)


def test_a_post_without_tokens_is_as_one_nobody_answered_on_and_that_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    posts = [post for day in desk.filled() for post in day]
    before = desk.recount()
    assert not caplog.records
    desk.write(2, 30, Answer.VIOLATION)
    newest = desk.write(4, 30, Answer.VIOLATION)
    other = desk.write(4, 31)
    assert desk.tokens.load(
        [(shown(other).label, example(shown(other), READER).ids)], ("words",), NOW, uuid.uuid4().hex
    )

    found = desk.evidence()
    assert ids_of(found) == [post.post_id for post in posts]
    assert found.counts == before
    assert newest.key not in {one.labelled.post.key for one in found.held_out}
    assert found.unlabelled == 3
    (record,) = caplog.records
    assert record.facts == {"answered": 18, "tokenised": 15}  # type: ignore[attr-defined]


def test_answers_and_tokens_that_come_after_the_survey_change_nothing(desk: Desk) -> None:
    days = desk.filled()
    counts = desk.recount()
    late = NOW + timedelta(days=1)

    def meanwhile() -> None:
        """An examining post is cleared, all are tokenised otherwise, an old one is stopped, others come."""
        desk.answer(days[4][1], Answer.OK, late)
        desk.answer(days[0][0], Answer.VIOLATION, late)
        desk.tokenise(days[4], late, np.array([1, 2], np.uint32))
        desk.tokenise([desk.write(4, 40, Answer.VIOLATION), desk.write(0, 40)], late)

    desk.tokens.after = meanwhile
    found = desk.evidence()
    assert found.counts == counts
    assert ids_of(found) == [post.post_id for day in days for post in day]
    assert [one.labelled.post for one in found.held_out] == days[4]
    assert [one.is_violation for one in found.held_out] == [False, True, False]
    assert taught(found).posts == {"": 8, "lure": 4}


def test_answers_that_come_before_the_survey_are_in_all_of_it(desk: Desk) -> None:
    days = desk.filled()

    def meanwhile() -> None:
        """So many old posts, once, that more than the newest day examines."""
        desk.tokens.before = lambda: None
        desk.answer(days[4][2], Answer.VIOLATION, NOW)
        desk.tokenise([desk.write(number % 3, 30 + number) for number in range(6)])

    desk.tokens.before = meanwhile
    found = desk.evidence()
    assert len(found.labels) == 21
    assert found.counts == desk.recount()
    assert [one.labelled.post for one in found.held_out] == [days[3][2], *days[4]]
    assert [one.is_violation for one in found.held_out] == [False, False, True, True]
    assert taught(found).posts == {"": 13, "lure": 4}


def test_answers_that_never_stop_moving_the_examining_day_end_in_an_error_that_can_be_tried_again(
    desk: Desk,
) -> None:
    desk.filled()
    waves = iter(range(9))

    def flood() -> None:
        """Each time as many old posts as move the day once more."""
        wave = next(waves)
        desk.tokenise([desk.write(0, 3 + 16 * wave + number) for number in range(16 if wave else 6)])

    desk.tokens.before = flood
    with pytest.raises(StorageUnavailable, match=r"3 times while they were counted"):
        desk.evidence()


def test_a_post_erased_from_one_table_alone_is_told(desk: Desk) -> None:
    days = desk.filled()
    gone = days[4][0]
    desk.erase("posts", gone)
    with pytest.raises(StorageUnavailable, match=r"came 1 fewer: a post that is erased must be erased from"):
        desk.evidence()
    desk.erase("post_tokens", gone)
    assert len(desk.evidence().labels) == 14


def test_tokens_that_were_made_otherwise_than_posts_are_judged_are_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    days = desk.filled()
    other = np.array([3, 2**31, 2**32 - 1], np.uint32)
    desk.tokenise([replace(post) for post in days[4]], NOW + timedelta(days=1), other)
    found = desk.evidence()
    assert [one.ids.tolist() for one in found.held_out] == [other.tolist()] * 3
    assert taught(found) == found.counts - Counts.of([(other, ""), (other, "lure"), (other, "")])
    (record,) = caplog.records
    assert record.facts == {"violating": 1, "otherwise": 1}  # type: ignore[attr-defined]


def test_a_window_without_tokens_is_evidence_of_nothing(desk: Desk) -> None:
    desk.write(0, 0)
    found = desk.evidence()
    assert (list(found.labels), list(found.held_out), found.unlabelled) == ([], [], 1)
    assert found.counts == NOTHING
    with pytest.raises(TrainingRefused, match="too few labels"):
        train(found, READER, RULES, None)


def test_the_only_post_examines(desk: Desk) -> None:
    desk.tokenise([post := desk.write(4, 0, Answer.VIOLATION)])
    found = desk.evidence()
    assert [one.labelled.post for one in found.held_out] == [post]
    assert taught(found) == NOTHING
