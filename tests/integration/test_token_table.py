"""Posts counted in BigQuery are what counting them here gives, to the last integer; what fills the table."""

import json
import random
import subprocess
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from google.cloud import bigquery

from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.queries import read_row
from shared.gcp.token_table import TokenTable, name_of
from shared.spam.counts import NOTHING, Counts
from shared.spam.features import DEFAULT_FEATURES, FIRST_NAMED
from shared.spam.judging import LONGEST_JUDGED_BODY, LONGEST_JUDGED_TITLE
from shared.spam.labels import Answer, Label, ReviewLabel, Source
from shared.spam.posts import Post

ROOT = Path(__file__).parents[2]
FILL = ROOT / "infra/queries/fill_post_tokens.sql"
EMULATOR = ROOT / ".local/venvs/local-bigquery/bin/python"
TOKYO = ZoneInfo("Asia/Tokyo")
FIRST = date(2026, 9, 1)
WORDS = ("words", "title_words")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
BLINK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """A row of post_tokens."""

    post_id: str
    revision: int
    revised_at: datetime
    ids: tuple[int, ...]
    features: Sequence[str] = DEFAULT_FEATURES
    tokenized_at: datetime = NOW

    def known(self) -> Label:
        return Label(self.post_id, self.revision, self.revised_at, "", Source.QUEUE)

    def kind(self) -> tuple[Sequence[str], datetime]:
        return self.features, self.tokenized_at


class Stored:
    """A tokens table, with the posts and the answers people gave."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        self._table = TokenTable(client, dataset)

    def forget(self) -> None:
        for table in ("post_tokens", "posts", "review_labels"):
            self._client.query_and_wait(f"TRUNCATE TABLE `{self._dataset}.{table}`")

    def add(self, rows: Iterable[Row] = (), labels: Iterable[ReviewLabel] = ()) -> None:
        kinds = groupby(sorted(rows, key=Row.kind), Row.kind)
        for (features, tokenized_at), those in kinds:
            assert self.load(those, features, tokenized_at, uuid.uuid4().hex)
        if said := list(labels):
            LabelTable(self._client, self._dataset).load(said, uuid.uuid4().hex)

    def load(self, rows: Iterable[Row], features: Sequence[str], tokenized_at: datetime, job_id: str) -> bool:
        posts = ((row.known(), np.array(row.ids, np.uint32)) for row in rows)
        return self._table.load(posts, features, tokenized_at, job_id)

    def rows(self) -> int:
        found = read_row(self._client, self._dataset, "SELECT COUNT(*) AS n FROM post_tokens")
        return int(found["n"]) if found else 0

    def hold(self, posts: Iterable[Post]) -> None:
        PostTable(self._client, self._dataset).load(posts, None, uuid.uuid4().hex)

    def fill(self, now: datetime) -> int:
        """How many rows the statement adds."""
        dataset = f"{self._client.project}.{self._dataset}"
        stand_in = "IF(title = 'null', NULL, PARSE_JSON(FORMAT('[%d, %d]', LENGTH(title), LENGTH(body))))"
        text = filled_in(dataset).replace(f"`{dataset}.tokenize_posts`(title, body)", stand_in)
        assert stand_in in text
        run_time = bigquery.ScalarQueryParameter("run_time", "TIMESTAMP", now)
        job = self._client.query(text, bigquery.QueryJobConfig(query_parameters=[run_time]))
        job.result()
        return job.num_dml_affected_rows or 0

    def counts(self, start: date, days: int, features: Sequence[str] = DEFAULT_FEATURES) -> Counts:
        return self._table.counts(start, start + timedelta(days=days), TOKYO, features)


def filled_in(dataset: str) -> str:
    """The statement that fills the table, as Terraform hands it over."""
    text = FILL.read_text("utf-8")
    for name, value in {"dataset": dataset, "features": name_of(DEFAULT_FEATURES), "days": "66"}.items():
        assert f"${{{name}}}" in text
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    return text


@pytest.fixture
def stored(bigquery_api: bigquery.Client, dataset: str) -> Iterator[Stored]:
    """No post, and no label."""
    stored = Stored(bigquery_api, dataset)
    yield stored
    stored.forget()


def tokyo(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=TOKYO).astimezone(UTC)


def label(
    row: Row, answer: Answer, named: str = "", at: datetime | None = None, label_id: str = ""
) -> ReviewLabel:
    return ReviewLabel(
        label_id or uuid.uuid4().hex,
        row.post_id,
        row.revision,
        answer,
        named,
        Source.QUEUE,
        "r-1",
        at or row.revised_at + timedelta(hours=1),
    )  # fmt: skip


def of(*posts: tuple[Iterable[int], str]) -> Counts:
    return Counts.of((np.array(sorted(ids), np.uint32), name) for ids, name in posts)


def test_no_posts_give_the_counts_of_none(stored: Stored) -> None:
    assert stored.counts(FIRST, 60) == NOTHING


def test_every_id_comes_back_as_it_was_and_a_post_without_tokens_is_a_post(stored: Stored) -> None:
    every = Row("p-all", 1, tokyo(FIRST), (0, 1, 1_048_572, FIRST_NAMED, 2**32 - 1))
    empty = Row("p-empty", 1, tokyo(FIRST), ())
    stored.add([every, empty], [label(every, Answer.OK), label(empty, Answer.VIOLATION, "pyramid")])

    assert stored.counts(FIRST, 1) == of((every.ids, ""), ((), "pyramid"))


def test_tokens_stored_twice_under_one_job_stand_there_once(stored: Stored) -> None:
    row, job_id = Row("p-1", 1, tokyo(FIRST), (7,)), uuid.uuid4().hex

    assert stored.load([row], DEFAULT_FEATURES, NOW, job_id)
    assert not stored.load([row], DEFAULT_FEATURES, NOW, job_id)
    assert stored.rows() == 1


def test_a_day_lasts_from_its_midnight_to_the_next_where_the_platform_is(stored: Stored) -> None:
    begins = tokyo(FIRST, 0)
    at = [begins - BLINK, begins, begins + timedelta(days=1) - BLINK, begins + timedelta(days=1)]
    rows = [Row(f"p-{number}", 1, when, (number,)) for number, when in enumerate(at)]
    stored.add(rows, [label(row, Answer.OK) for row in rows])

    assert stored.counts(FIRST, 1) == of(((1,), ""), ((2,), ""))


def test_the_newest_answer_counts_and_a_violation_nobody_named_is_unclassified(stored: Stored) -> None:
    row, other = Row("p-1", 1, tokyo(FIRST), (7,)), Row("p-2", 1, tokyo(FIRST), (7, 8))
    first = tokyo(FIRST + timedelta(days=1))
    stored.add([row, other], [label(row, Answer.VIOLATION, "", first), label(other, Answer.OK, "", first)])
    assert stored.counts(FIRST, 1) == of(((7,), "unclassified"), ((7, 8), ""))

    later = first + timedelta(days=90)
    stored.add(
        labels=[label(row, Answer.OK, "", later), label(other, Answer.VIOLATION, "paid_reviews", later)]
    )
    assert stored.counts(FIRST, 1) == of(((7,), ""), ((7, 8), "paid_reviews"))


def test_of_a_revision_tokenised_again_only_the_newest_row_counts(stored: Stored) -> None:
    row = Row("p-1", 1, tokyo(FIRST), (1, 2))
    again = replace(row, ids=(2, 3), tokenized_at=row.tokenized_at + timedelta(days=1))
    stored.add([again, row, row], [label(row, Answer.OK)])

    assert stored.counts(FIRST, 1) == of(((2, 3), ""))


def test_features_are_counted_apart_in_whatever_order_they_are_named(stored: Stored) -> None:
    row = Row("p-1", 1, tokyo(FIRST), (1, 2))
    stored.add([row, replace(row, ids=(1,), features=WORDS)], [label(row, Answer.OK)])

    assert stored.counts(FIRST, 1) == of(((1, 2), ""))
    assert stored.counts(FIRST, 1, WORDS[::-1]) == of(((1,), ""))
    assert stored.counts(FIRST, 1, ("words",)) == NOTHING


def test_posts_nobody_answered_on_and_answers_on_posts_that_are_gone_count_for_nothing(
    stored: Stored,
) -> None:
    quiet, gone = Row("p-quiet", 1, tokyo(FIRST), (1,)), Row("p-gone", 1, tokyo(FIRST), (2,))
    edited = Row("p-edited", 2, tokyo(FIRST), (3,))
    stored.add([quiet, edited], [label(gone, Answer.OK), label(replace(edited, revision=1), Answer.OK)])

    assert stored.counts(FIRST, 1) == NOTHING


def test_any_days_counted_in_bigquery_are_what_counting_their_posts_gives(stored: Stored) -> None:
    chance = random.Random(5)
    rows, labels = some_month(chance)
    stored.add(rows, labels)

    for start, days in (
        (0, 30),
        (0, 1),
        (29, 1),
        *((chance.randrange(30), chance.randrange(12)) for _ in range(6)),
    ):
        begins = FIRST + timedelta(days=start)
        for features in (DEFAULT_FEATURES, WORDS):
            assert stored.counts(begins, days, features) == counted_here(rows, labels, begins, days, features)
    whole = counted_here(rows, labels, FIRST, 30, DEFAULT_FEATURES)
    assert len(whole.posts) == 4
    assert whole.posts[""] > 20
    middle = stored.counts(FIRST + timedelta(days=10), 10)
    assert stored.counts(FIRST, 10) + middle + stored.counts(FIRST + timedelta(days=20), 10) == whole


def some_month(chance: random.Random) -> tuple[list[Row], list[ReviewLabel]]:
    """Posts of 30 days with edits, repeated rows, other features, answers that change, and none."""
    rows: list[Row] = []
    labels: list[ReviewLabel] = []
    ids = [*range(40), *range(FIRST_NAMED, FIRST_NAMED + 40)]
    for number in range(150):
        at = tokyo(FIRST, 0) + timedelta(seconds=chance.randrange(30 * 86_400))
        for revision in range(1, chance.choice((2, 2, 3))):
            row = Row(f"p-{number}", revision, at + timedelta(hours=9 * revision), some(ids, chance))
            rows.append(row)
            rows += [row] * chance.choice((0, 0, 1))
            if chance.random() < 0.2:
                newer = row.tokenized_at + timedelta(hours=1)
                rows.append(replace(row, ids=some(ids, chance), tokenized_at=newer))
            if chance.random() < 0.5:
                rows.append(replace(row, ids=some(ids, chance), features=WORDS))
            for _ in range(chance.choice((0, 1, 1, 2, 3))):
                answer = chance.choice((Answer.OK, Answer.VIOLATION))
                named = chance.choice(("", "affiliate_lure", "pyramid")) if answer is Answer.VIOLATION else ""
                when = row.revised_at + timedelta(hours=chance.randrange(1, 4))  # some at one instant
                labels.append(label(row, answer, named, when, f"label-{len(labels):04}"))
    chance.shuffle(rows)
    return rows, labels


def some(ids: Sequence[int], chance: random.Random) -> tuple[int, ...]:
    return tuple(sorted(chance.sample(ids, chance.randrange(12))))


def counted_here(
    rows: Sequence[Row], labels: Sequence[ReviewLabel], start: date, days: int, features: Sequence[str]
) -> Counts:
    """The same posts, counted by `Counts.of`."""
    begins, ends = tokyo(start, 0), tokyo(start + timedelta(days=days), 0)
    newest: dict[tuple[str, int], Row] = {}
    for row in sorted(rows, key=lambda row: row.tokenized_at):
        if begins <= row.revised_at < ends and row.features == features:
            newest[row.post_id, row.revision] = row
    said = {
        (one.post_id, one.revision): one
        for one in sorted(labels, key=lambda one: (one.answered_at, one.label_id))
    }
    return of(
        *(
            (
                row.ids,
                (said[key].violation_class or "unclassified") if said[key].answer is Answer.VIOLATION else "",
            )
            for key, row in newest.items()
            if key in said
        )
    )


# What fills the table. No BigQuery of this machine can call a remote function: its text is looked at.


PARSE = """
import json, sys
from sqlglot import exp, parse
(statement,) = parse(sys.stdin.read(), read="bigquery")
assert isinstance(statement, exp.Insert), type(statement)
own = {cte.alias for cte in statement.find_all(exp.CTE)}
print(json.dumps({
    "into": statement.this.this.name,
    "columns": [column.name for column in statement.this.expressions],
    "given": statement.expression.named_selects,
    "tables": sorted({t.name for t in statement.expression.find_all(exp.Table)} - own),
    "names": sorted({c.name for c in statement.expression.find_all(exp.Column)}),
    "parameters": sorted({p.name for p in statement.find_all(exp.Parameter)}),
    "literals": sorted(int(l.this) for l in statement.find_all(exp.Literal) if not l.is_string),
    "called": sorted({f.name.lower() for f in statement.find_all(exp.Anonymous)}),
}))
"""


@pytest.fixture(scope="module")
def filling() -> dict[str, Any]:
    """What the emulator's own parser reads in the statement, as Terraform fills it in."""
    done = subprocess.run(
        [EMULATOR, "-c", PARSE], input=filled_in("shop.sekisho"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def columns_of(table: str) -> list[str]:
    described = json.loads((ROOT / f"infra/schemas/{table}.json").read_text("utf-8"))
    return [field["name"] for field in described["fields"]]


def test_the_statement_fills_every_column_of_the_table_in_order(filling: dict[str, Any]) -> None:
    assert filling["into"] == "post_tokens"
    assert filling["columns"] == filling["given"] == columns_of("post_tokens")


def test_the_statement_reads_columns_there_are(filling: dict[str, Any]) -> None:
    assert filling["tables"] == ["post_tokens", "posts", "review_labels_latest"]
    known = {*columns_of("posts"), *columns_of("post_tokens"), *columns_of("review_labels")}
    assert set(filling["names"]) - known == {"reply", "id"}
    assert filling["parameters"] == ["run_time"]


def test_the_statement_leaves_out_the_posts_that_are_too_long_to_judge(filling: dict[str, Any]) -> None:
    assert {LONGEST_JUDGED_TITLE, LONGEST_JUDGED_BODY} <= set(filling["literals"])


def test_the_statement_tokenises_what_people_answered_on_once(stored: Stored) -> None:
    """With a function of SQL in the place of the remote one: ids are the lengths of title and body."""
    now = tokyo(FIRST + timedelta(days=30))
    posts = [
        a_post("p-1", "abc", "de"),
        a_post("p-longest", "あ" * LONGEST_JUDGED_TITLE, "y" * LONGEST_JUDGED_BODY),
        a_post("p-too-long", "x" * (LONGEST_JUDGED_TITLE + 1), ""),
        a_post("p-too-much", "", "x" * (LONGEST_JUDGED_BODY + 1)),
        a_post("p-no-reply", "null", ""),
        a_post("p-old", "abcd", "de", now - timedelta(days=67)),
    ]
    stored.hold([*posts, posts[0], a_post("p-quiet", "nobody answered", "")])
    stored.add(labels=[label(Row(*post.key, post.revised_at, ()), Answer.OK) for post in posts])

    assert stored.fill(now) == 2
    expected = of(((3, 2), ""), ((LONGEST_JUDGED_TITLE, LONGEST_JUDGED_BODY), ""))
    assert stored.counts(FIRST, 30) == expected
    assert stored.fill(now + timedelta(hours=1)) == 0
    assert stored.counts(FIRST, 30) == expected


def a_post(post_id: str, title: str, body: str, at: datetime | None = None) -> Post:
    when = at or tokyo(FIRST)
    return Post(post_id, 1, when, when, title, body)
