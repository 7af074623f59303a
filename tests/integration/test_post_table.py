"""The posts table against the BigQuery emulator, by the official client."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from google.api_core.exceptions import Conflict
from google.cloud import bigquery

from shared.errors import ConfigError, StorageUnavailable
from shared.gcp import loads, post_table, queries, rows
from shared.gcp.clients import bigquery_client
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.rows import RowsRefused
from shared.gcp.verdict_table import VerdictTable
from shared.keys import key_of
from shared.settings import Cloud
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.verdicts import Action, Mode, Verdict

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=300)
TOKYO = ZoneInfo("Asia/Tokyo")


def a_post(post_id: str, revision: int = 1, revised_at: datetime = NOW - timedelta(hours=1)) -> Post:
    return Post(
        post_id=post_id,
        revision=revision,
        posted_at=revised_at - timedelta(minutes=revision - 1),
        revised_at=revised_at,
        title="データ入力 🚀",
        body="<p>在宅 \u200b\n\"'\\ のお仕事</p>",
        category="data_entry",
        author_id="u-1",
        attributes={"pay": "1000", "place": ""},
    )


def a_verdict(post: Post, mode: Mode, judged_at: datetime = NOW) -> Verdict:
    return Verdict(
        *post.key, post.revised_at, "bayes", "v1", 0.2, Action.LEAVE, "", (), "", mode, judged_at
    )  # fmt: skip


def a_label(
    post: Post, answer: Answer, source: Source = Source.QUEUE, answered_at: datetime = NOW
) -> ReviewLabel:
    named = "affiliate_lure" if answer is Answer.VIOLATION else ""
    return ReviewLabel(uuid.uuid4().hex, *post.key, answer, named, source, "r-1", answered_at)


def ids(pages: Sequence[Sequence[Post]]) -> list[list[tuple[str, int]]]:
    return [[post.key for post in page] for page in pages]


def test_a_stored_post_comes_back_as_it_was_and_a_repeat_adds_nothing(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    posts = PostTable(bigquery_api, dataset)
    now = NOW - timedelta(days=100)  # days no other test of this module writes to
    post = a_post("p-1", 1, now - timedelta(hours=1))
    assert list(posts.unjudged(now, 3, Mode.AUTO, 10)) == []
    assert posts.newest_revision("p-1", LONG_AGO) is None
    posts.append([], NOW)
    posts.append([post], now)
    posts.append([post], now)  # within a minute: kept out by its insert id
    assert posts.load([post], now, f"job-{uuid.uuid4().hex}")  # BigQuery forgot the insert id: a second row
    counted = queries.read_row(bigquery_api, dataset, "SELECT COUNT(*) AS n FROM posts WHERE post_id = 'p-1'")
    assert counted is not None
    assert counted["n"] == 2
    assert list(posts.unjudged(now, 3, Mode.AUTO, 10)) == [[post]]
    assert posts.count(date(2026, 8, 14), date(2026, 8, 15), TOKYO) == 1
    latest = list(
        queries.read_rows(bigquery_api, dataset, "SELECT post_id FROM posts_latest WHERE post_id = 'p-1'")
    )
    assert len(latest) == 1


def test_unjudged_pages_hold_every_revision_once_oldest_first(
    bigquery_api: bigquery.Client, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts, verdicts = PostTable(bigquery_api, dataset), VerdictTable(bigquery_api, dataset)
    now = NOW - timedelta(days=50)  # days no other test of this module writes to
    same_instant = [a_post(name, 1, now - timedelta(hours=2)) for name in ("p-c", "p-a", "p-b")]
    edited = a_post("p-a", 2, now - timedelta(hours=1))
    ahead = a_post("p-ahead", 1, now + timedelta(hours=20))  # the platform's clock runs ahead
    too_old = a_post("p-old", 1, now - timedelta(days=3, seconds=1))
    just_in = a_post("p-edge", 1, now - timedelta(days=3))
    posts.append([*same_instant, edited, ahead, too_old, just_in], now)
    expected = [("p-edge", 1), ("p-a", 1), ("p-b", 1), ("p-c", 1), ("p-a", 2), ("p-ahead", 1)]

    assert ids(list(posts.unjudged(now, 3, Mode.AUTO, 2))) == [expected[:2], expected[2:4], expected[4:]]
    two_posts = 2 * len(edited.body + edited.title)
    monkeypatch.setattr(post_table, "CHARACTERS_A_PAGE", two_posts)
    assert ids(list(posts.unjudged(now, 3, Mode.AUTO, 6))) == [expected[:2], expected[2:4], expected[4:]]
    monkeypatch.undo()

    # A page judged while the next is read moves no other; a shadow verdict counts in shadow only.
    pages = posts.unjudged(now, 3, Mode.AUTO, 2)
    verdicts.append(a_verdict(post, Mode.AUTO, now) for post in next(pages))
    assert ids([next(pages)]) == [expected[2:4]]
    verdicts.append([a_verdict(same_instant[2], Mode.SHADOW, now)])
    assert ids(list(posts.unjudged(now, 3, Mode.CAPPED, 10))) == [expected[2:]]
    assert ids(list(posts.unjudged(now, 3, Mode.SHADOW, 10))) == [[*expected[3:]]]


def test_training_reads_the_window_between_local_midnights_with_the_newest_answers(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    posts, labels = PostTable(bigquery_api, dataset), LabelTable(bigquery_api, dataset)
    start, end = date(2026, 11, 10), date(2026, 11, 12)
    assert list(posts.labelled(start, end, TOKYO)) == []
    assert posts.count(start, end, TOKYO) == 0
    assert posts.patrol(start, end, TOKYO) == (0, 0)

    def at(day: int, hour: int, minute: int) -> datetime:
        return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO).astimezone(UTC)

    before = a_post("p-before", 1, at(9, 23, 59))
    first = a_post("p-first", 1, at(10, 0, 0))
    edited = a_post("p-first", 2, at(10, 0, 1))
    last = a_post("p-last", 1, at(11, 23, 59))
    after = a_post("p-after", 1, at(12, 0, 0))
    unlabelled = a_post("p-unlabelled", 1, at(11, 12, 0))
    posts.append([after, last, unlabelled, edited, first, before], NOW)
    late = NOW + timedelta(minutes=1)
    labels.append(
        [
            *(a_label(post, Answer.OK) for post in (before, edited, after)),
            a_label(first, Answer.VIOLATION, Source.PATROL),
            a_label(first, Answer.OK, Source.APPEAL, late),
            a_label(last, Answer.VIOLATION, Source.PATROL),
            a_label(edited, Answer.VIOLATION, Source.PATROL),
            a_label(edited, Answer.OK, Source.PATROL, late),
            a_label(before, Answer.VIOLATION, Source.PATROL, late),
        ]
    )
    found = [(item.post.key, item.answer, item.source) for item in posts.labelled(start, end, TOKYO)]
    assert found == [
        (("p-first", 1), Answer.OK, Source.APPEAL),
        (("p-first", 2), Answer.OK, Source.PATROL),
        (("p-last", 1), Answer.VIOLATION, Source.PATROL),
    ]
    assert posts.count(start, end, TOKYO) == 4
    assert posts.patrol(start, end, TOKYO) == (3, 2)  # the appeal takes nothing from the random sample
    assert posts.newest_revision("p-first", LONG_AGO) == 2


def test_one_refused_row_hides_no_other_and_its_text_is_not_told(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    posts = PostTable(bigquery_api, dataset)
    bad = replace(a_post("p-bad"), revision="秘密の本文")  # type: ignore[arg-type]
    with pytest.raises(RowsRefused, match=r"posts.*row 1 .*field revision") as caught:
        posts.append([a_post("p-good-1"), bad, a_post("p-good-2")], NOW)
    assert [row.index for row in caught.value.refused] == [1]
    assert "秘密" not in str(caught.value)
    assert posts.newest_revision("p-good-1", LONG_AGO) == posts.newest_revision("p-good-2", LONG_AGO) == 1
    assert posts.newest_revision("p-bad", LONG_AGO) is None

    # Half of a surrogate pair makes BigQuery refuse the whole request: the row is found by halving.
    half = replace(a_post("p-half"), body="秘密\ud800")
    with pytest.raises(RowsRefused, match=r"row 2 .*HTTP 400") as caught:
        posts.append([a_post("p-fine-1"), a_post("p-fine-2"), half, a_post("p-fine-3")], NOW)
    assert [row.index for row in caught.value.refused] == [2]
    assert "秘密" not in str(caught.value)
    assert {posts.newest_revision(f"p-fine-{n}", LONG_AGO) for n in (1, 2, 3)} == {1}


def test_a_post_too_large_to_stream_is_loaded_instead(
    bigquery_api: bigquery.Client, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BYTES_A_REQUEST", 5_000)
    posts = PostTable(bigquery_api, dataset)
    huge = replace(a_post("p-huge"), body="😀" * 1_000)  # 12 bytes each, as the client writes them
    for _ in range(2):
        posts.append([a_post("p-before-huge"), huge, a_post("p-after-huge")], NOW)
    found = queries.read_row(
        bigquery_api,
        dataset,
        "SELECT COUNT(*) AS n, MAX(body) AS body FROM posts WHERE post_id = @post_id",
        post_id="p-huge",
    )
    assert found is not None
    assert (found["n"], found["body"]) == (1, huge.body)
    assert bigquery_api.get_job(f"{key_of('post', 'p-huge', '1')}-1").job_type == "load"
    assert (
        posts.newest_revision("p-before-huge", LONG_AGO)
        == posts.newest_revision("p-after-huge", LONG_AGO)
        == 1
    )


def test_the_same_load_job_loads_once_and_a_failed_one_is_tried_under_the_next_number(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    posts = PostTable(bigquery_api, dataset)
    job_id = f"job-{uuid.uuid4().hex}"
    bad = replace(a_post("p-load"), revision="one")  # type: ignore[arg-type]
    with pytest.raises(loads.LoadRefused, match=f"{job_id}-1"):
        posts.load([bad], NOW, job_id)
    assert posts.load([a_post("p-load")], NOW, job_id)
    assert not posts.load([a_post("p-load")], NOW, job_id)
    table = f"{bigquery_api.project}.{dataset}.posts"
    with pytest.raises(Conflict):  # the 409 the rule above lives by
        bigquery_api.load_table_from_json([], table, job_id=f"{job_id}-2")
    row = queries.read_row(
        bigquery_api, dataset, "SELECT COUNT(*) AS n FROM posts WHERE post_id = @post_id", post_id="p-load"
    )
    assert row is not None
    assert row["n"] == 1


def test_a_missing_dataset_and_an_absent_bigquery_are_told_apart(
    cloud_settings: Cloud, bigquery_api: bigquery.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = PostTable(bigquery_api, "no_such_dataset")
    with pytest.raises(ConfigError, match=r"no_such_dataset\.posts"):
        nowhere.append([a_post("p-1")], NOW)
    with pytest.raises(ConfigError, match="no_such_dataset"):
        nowhere.newest_revision("p-1", LONG_AGO)
    with pytest.raises(ConfigError, match="no_such_dataset"):
        nowhere.load([a_post("p-1")], NOW, f"job-{uuid.uuid4().hex}")

    monkeypatch.setattr("shared.gcp.queries.PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr("shared.gcp.rows.PATIENCE_SECONDS", 0.5)
    deaf = bigquery_client(replace(cloud_settings, bigquery_emulator="http://127.0.0.1:1"))
    with pytest.raises(StorageUnavailable, match="posts"):
        PostTable(deaf, "sekisho").append([a_post("p-1")], NOW)
    with pytest.raises(StorageUnavailable, match="sekisho"):
        PostTable(deaf, "sekisho").newest_revision("p-1", LONG_AGO)
