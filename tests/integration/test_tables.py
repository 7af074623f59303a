"""The tables and views made from infra/schemas/, in the BigQuery emulator."""

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.cloud import bigquery

from infra.local.tables import SCHEMAS, create_tables
from shared.errors import ConfigError
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.queries import read_rows
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.verdict_table import VerdictTable
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.takedowns import Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Place, Reason, Verdict

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = datetime.now(TOKYO).date()  # the views look back from the real today
REASON = Reason("副業", 2.5, (Place("body", 3, 5),))
Edit = Callable[[dict[str, Any]], object]


def tokyo(days_ago: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    day = TODAY - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=TOKYO).astimezone(UTC)


def a_post(post_id: str, revision: int = 1) -> Post:
    return Post(post_id, revision, tokyo(4, 1), tokyo(4, 1), f"title of {post_id}", "body")


def a_verdict(post_id: str, action: Action, judged_at: datetime, **changes: object) -> Verdict:
    verdict = Verdict(
        *(post_id, 1, tokyo(4, 1), "bayes", "v1", 0.9, action, "affiliate_lure", (REASON,), ""),
        mode=Mode.AUTO,
        judged_at=judged_at,
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]


def a_step(post_id: str, state: TakedownState, recorded_at: datetime) -> Takedown:
    return Takedown(post_id, 1, state, "bayes", "v1", "affiliate_lure", recorded_at)


def a_label(
    post_id: str, answer: Answer, answered_at: datetime, source: Source = Source.QUEUE
) -> ReviewLabel:
    return ReviewLabel(uuid.uuid4().hex, post_id, 1, answer, "", source, "r", answered_at)


def test_the_queue_holds_what_nobody_answered_and_nothing_took_down(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    posts, verdicts = PostTable(bigquery_api, dataset), VerdictTable(bigquery_api, dataset)
    assert list(read_rows(bigquery_api, dataset, "SELECT * FROM review_queue")) == []
    judged = tokyo(3, 12)
    waiting = ["p-review", "p-held", "p-refused", "p-dry_run", "p-edited", "p-unstored", "p-changed"]
    gone = ["p-requested", "p-unavailable", "p-taken_down", "p-restored"]
    posts.append([a_post(name) for name in [*waiting, *gone, "p-labelled"] if name != "p-unstored"], judged)
    posts.append([a_post("p-edited", 2)], judged)
    verdicts.append(
        [
            *(a_verdict(name, Action.TAKE_DOWN, judged) for name in (*waiting, *gone, "p-labelled")),
            a_verdict("p-edited", Action.REVIEW, judged, revision=2, score=0.5),
            a_verdict("p-left", Action.LEAVE, judged),
            a_verdict("p-shadow", Action.REVIEW, judged, mode=Mode.SHADOW),
            a_verdict("p-ancient", Action.REVIEW, tokyo(92, 12)),
            a_verdict("p-changed", Action.REVIEW, judged + timedelta(hours=1), model_version="v2"),
            a_verdict("p-relieved", Action.REVIEW, judged),
            a_verdict("p-relieved", Action.LEAVE, judged + timedelta(hours=1), model_version="v2"),
        ]
    )
    states = [TakedownState(name.removeprefix("p-")) for name in gone + waiting[1:4]]
    never_asked = (TakedownState.HELD, TakedownState.DRY_RUN)
    takedowns = TakedownTable(bigquery_api, dataset)
    takedowns.append(a_step(f"p-{state}", state, judged) for state in states)
    takedowns.append(
        a_step(f"p-{state}", TakedownState.REQUESTED, judged) for state in states if state not in never_asked
    )
    LabelTable(bigquery_api, dataset).append([a_label("p-labelled", Answer.VIOLATION, judged)])

    rows = list(read_rows(bigquery_api, dataset, "SELECT * FROM review_queue ORDER BY post_id"))
    assert [(row["post_id"], row["revision"]) for row in rows] == sorted(
        (name, 2 if name == "p-edited" else 1) for name in waiting
    )
    found = {row["post_id"]: row for row in rows}
    assert found["p-edited"]["score"] == 0.5
    assert found["p-changed"]["action"] == "review"
    assert found["p-unstored"]["title"] is None
    assert dict(found["p-held"]) == {
        "score": 0.9,
        "action": "take_down",
        "violation_class": "affiliate_lure",
        "reasons": [{"token": "副業", "weight": 2.5}],
        "places": [{"reason": 0, "field": "body", "start_offset": 3, "end_offset": 5}],
        "judged_at": judged,
        "post_id": "p-held",
        "revision": 1,
        "title": "title of p-held",
    }


def test_a_day_of_moderation_ends_at_midnight_in_tokyo(bigquery_api: bigquery.Client) -> None:
    dataset = f"test_{uuid.uuid4().hex[:12]}"
    create_tables(bigquery_api, dataset)
    daily = "SELECT * FROM moderation_daily ORDER BY day"
    assert list(read_rows(bigquery_api, dataset, daily)) == []

    last, first = tokyo(3, 23, 59, 59), tokyo(2, 0)  # one second, two days
    posts, verdicts = PostTable(bigquery_api, dataset), VerdictTable(bigquery_api, dataset)
    takedowns, labels = TakedownTable(bigquery_api, dataset), LabelTable(bigquery_api, dataset)
    posts.append([a_post("p-1"), a_post("p-1", 2)], last)
    posts.append([a_post("p-2")], first)
    posts.load([a_post("p-1")], first, f"job-{uuid.uuid4().hex}")  # a repeat: it arrived the day before
    verdicts.append(
        [
            a_verdict("p-1", Action.TAKE_DOWN, last),
            a_verdict("p-1", Action.LEAVE, first, model_version="v2"),
            a_verdict("p-2", Action.REVIEW, first),
            a_verdict("p-3", Action.LEAVE, first),
            a_verdict("p-3", Action.TAKE_DOWN, first, mode=Mode.SHADOW),
        ]
    )
    takedowns.append(
        [
            a_step("p-1", TakedownState.REQUESTED, last),
            a_step("p-1", TakedownState.TAKEN_DOWN, last),
            a_step("p-2", TakedownState.TAKEN_DOWN, last),
            a_step("p-3", TakedownState.HELD, first),
            a_step("p-4", TakedownState.REFUSED, first),
            a_step("p-5", TakedownState.RESTORED, last),
            a_step("p-1", TakedownState.RESTORED, first),
        ]
    )
    labels.append(
        [
            a_label("p-1", Answer.VIOLATION, last, Source.PATROL),
            a_label("p-2", Answer.OK, last, Source.PATROL),
            a_label("p-1", Answer.OK, first, Source.APPEAL),
            a_label("p-9", Answer.OK, tokyo(500, 0)),
        ]
    )
    figures = (
        *("posts", "judged", "left_alone", "sent_to_review", "judged_violating", "shadow_verdicts"),
        *("taken_down", "held", "refused", "restored"),
        *("labels", "label_violations", "patrol_labels", "patrol_violations", "overturn_rate"),
    )
    rows = {
        row["day"]: tuple(row[figure] for figure in figures)
        for row in read_rows(bigquery_api, dataset, daily)
    }
    quiet = (*[0] * 14, None)
    assert rows == {
        TODAY - timedelta(days=3): (2, 1, 0, 0, 1, 0, 2, 0, 0, 1, 2, 1, 2, 1, 0.5),
        TODAY - timedelta(days=2): (1, 2, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, None),
        TODAY - timedelta(days=1): quiet,
        TODAY: quiet,
    }
    assert set(rows) and all(isinstance(day, date) for day in rows)


def edit(path: Path, change: Edit) -> None:
    schema = json.loads(path.read_text())
    change(schema)
    path.write_text(json.dumps(schema))


def test_creating_again_changes_nothing_and_never_touches_data(
    bigquery_api: bigquery.Client, tmp_path: Path
) -> None:
    dataset = f"test_{uuid.uuid4().hex[:12]}"
    schemas = shutil.copytree(SCHEMAS, tmp_path / "schemas")
    done = create_tables(bigquery_api, dataset, schemas)
    assert len(done) == 1 + len(list(schemas.iterdir()))
    assert create_tables(bigquery_api, dataset, schemas) == []
    labels = LabelTable(bigquery_api, dataset)
    label = a_label("p-1", Answer.OK, tokyo(1, 0))
    labels.append([label])

    file = schemas / "review_labels.json"
    edit(file, lambda s: s["fields"].append({"name": "comment", "type": "STRING", "mode": "NULLABLE"}))
    view = schemas / "review_labels_latest.sql"
    view.write_text(view.read_text().replace("reviewer, answered_at", "reviewer, answered_at, comment"))
    assert create_tables(bigquery_api, dataset, schemas) == [
        "added to table review_labels: comment",
        "replaced view review_labels_latest",
    ]
    latest = list(read_rows(bigquery_api, dataset, "SELECT label_id, comment FROM review_labels_latest"))
    assert [(row["label_id"], row["comment"]) for row in latest] == [(label.label_id, None)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["fields"][0].update(type="BYTES"), "column label_id: expected REQUIRED BYTES"),
        (lambda s: s["fields"].pop(), "column answered_at: expected no such column"),
        (
            lambda s: s["fields"].append({"name": "team", "type": "STRING", "mode": "REQUIRED"}),
            "column team: expected REQUIRED STRING, came no such column",
        ),
        (lambda s: s.update(clustering=["label_id"]), "clustered by: expected"),
        (lambda s: s.pop("clustering"), r"review_labels\.json: expected .* clustering"),
    ],
)
def test_a_table_that_differs_from_its_file_is_refused_by_name(
    bigquery_api: bigquery.Client, dataset: str, tmp_path: Path, change: Edit, message: str
) -> None:
    shutil.copy(SCHEMAS / "review_labels.json", tmp_path)
    edit(tmp_path / "review_labels.json", change)
    with pytest.raises(ConfigError, match=message) as caught:
        create_tables(bigquery_api, dataset, tmp_path)
    assert "review_labels" in str(caught.value)


@pytest.mark.parametrize("path", sorted(SCHEMAS.iterdir()), ids=lambda path: path.name)
def test_every_table_column_and_view_says_what_it_is(path: Path) -> None:
    if path.suffix == ".sql":
        assert path.read_text().startswith("-- ")
        return
    schema = json.loads(path.read_text())
    assert schema["description"]
    columns = {field["name"]: field for field in schema["fields"]}
    assert {schema["partition_field"], *schema["clustering"]} <= columns.keys()
    nested = [inner for field in schema["fields"] for inner in field.get("fields", [])]
    assert all(field["description"] for field in [*schema["fields"], *nested])
