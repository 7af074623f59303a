"""The review labels and model reports tables against the BigQuery emulator."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from google.cloud import bigquery

from shared.errors import ConfigError
from shared.gcp.label_table import LabelTable
from shared.gcp.queries import read_row
from shared.gcp.report_table import ReportTable
from shared.gcp.rows import Row, RowsRefused, append_rows, missing_column
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import AHEAD_OF_CLOCK

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def a_label(post_id: str, label_id: str, answer: Answer, answered_at: datetime = NOW) -> ReviewLabel:
    named = "affiliate_lure" if answer is Answer.VIOLATION else ""
    return ReviewLabel(label_id, post_id, 1, answer, named, Source.PATROL, "r-1", answered_at)


def test_the_newest_answer_is_the_label_and_a_repeated_webhook_adds_none(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    assert labels.latest("p-1", 1, NOW) is None
    newest = a_label("p-1", "l-1", Answer.VIOLATION)
    labels.append([newest, newest])
    labels.append([newest, a_label("p-1", "l-2", Answer.OK, NOW - timedelta(microseconds=1))])
    assert labels.latest("p-1", 1, NOW) == newest
    same_instant = a_label("p-1", "l-0", Answer.OK)
    labels.append([same_instant])
    assert labels.latest("p-1", 1, NOW) == newest  # ties are broken the same way every time
    assert labels.latest("p-1", 2, NOW) is None
    count = read_row(bigquery_api, dataset, "SELECT COUNT(*) AS n FROM review_labels WHERE label_id = 'l-1'")
    assert count is not None
    assert count["n"] == 1


def test_an_answer_counts_though_the_platforms_clock_is_ahead_of_the_reviewers(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    said = a_label("p-ahead", "l-ahead", Answer.OK)
    labels.append([said])
    a_day_ahead = NOW + AHEAD_OF_CLOCK
    assert labels.latest("p-ahead", 1, a_day_ahead) == said
    assert labels.answered([("p-ahead", 1)], a_day_ahead) == {("p-ahead", 1)}
    assert labels.latest("p-ahead", 1, NOW - timedelta(days=300)) == said


def test_labels_loaded_twice_under_one_job_stand_there_once(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    job_id = f"labels-{uuid.uuid4().hex}"
    some = [a_label(f"p-load-{n}", f"l-load-{n}", Answer.OK) for n in range(3)]
    assert labels.load(some, job_id)
    assert not labels.load(some, job_id)
    count = read_row(
        bigquery_api, dataset, "SELECT COUNT(*) AS n FROM review_labels WHERE label_id LIKE 'l-load-%'"
    )
    assert count is not None
    assert count["n"] == len(some)


def test_one_unusable_label_is_named_and_the_others_are_stored(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    labels = LabelTable(bigquery_api, dataset)
    good = a_label("p-good", "l-good", Answer.OK)
    bad = replace(good, post_id="p-bad", label_id="l-bad", revision="one")  # type: ignore[arg-type]
    with pytest.raises(RowsRefused, match="field revision") as caught:
        labels.append([bad, good])
    assert [row.index for row in caught.value.refused] == [0]
    assert labels.latest("p-good", 1, NOW) == good


@pytest.mark.parametrize(
    ("problem", "field"),
    [
        ({"reason": "invalid", "location": "", "message": "no such field."}, "?"),
        ({"reason": "invalid", "location": "team", "message": "no such field."}, "team"),
        ({"reason": "invalid", "location": "team", "message": "no such field: team."}, "team"),
        (
            {
                "reason": "invalid",
                "location": "",
                "message": "Missing required field: Msg_0_CLOUD_QUERY_TABLE.team.",
            },
            "team",
        ),
    ],
)
def test_every_wording_of_a_missing_column_names_it(problem: dict[str, str], field: str) -> None:
    assert missing_column([problem]) == field


def test_a_value_that_words_itself_like_a_missing_column_is_a_bad_row() -> None:
    message = "Cannot convert value to integer (bad value): no such field: team."
    assert missing_column([{"reason": "invalid", "location": "revision", "message": message}]) is None


def test_a_table_older_than_the_code_is_the_configuration_s_fault_and_not_the_row_s(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    table = f"{bigquery_api.project}.{dataset}.review_labels"
    label = {
        "label_id": "l-drift",
        "post_id": "p-drift",
        "revision": 1,
        "answer": "ok",
        "source": "queue",
        "answered_at": NOW.isoformat(),
    }
    with pytest.raises(ConfigError, match=rf"{dataset}\.review_labels: .* column team"):
        append_rows(bigquery_api, table, [Row("r-1", {**label, "team": "night"})])
    with pytest.raises(ConfigError, match=rf"{dataset}\.review_labels: .* column source"):
        append_rows(bigquery_api, table, [Row("r-2", {k: v for k, v in label.items() if k != "source"})])
    both = {**label, "revision": "one", "team": "night"}
    with pytest.raises(ConfigError, match="column team"):
        append_rows(bigquery_api, table, [Row("r-3", both)])
    assert LabelTable(bigquery_api, dataset).latest("p-drift", 1, NOW) is None


def test_the_answered_revisions_among_many_are_found(bigquery_api: bigquery.Client, dataset: str) -> None:
    labels = LabelTable(bigquery_api, dataset)
    assert labels.answered([], NOW) == set()
    said_twice = [a_label("p-said", f"l-said-{answer}", answer) for answer in Answer]
    labels.append([*said_twice, replace(a_label("p-edited", "l-edited", Answer.OK), revision=2)])
    labels.append([a_label("p-other", "l-other", Answer.VIOLATION)])
    unanswered = [("p-edited", 1), ("p-edited", 3), *((f"p-quiet-'{n}", 1) for n in range(21))]
    answered = {("p-said", 1), ("p-edited", 2)}
    assert labels.answered([*answered, *unanswered], NOW) == answered
    assert labels.answered(unanswered, NOW) == set()


def test_a_training_run_is_reported_once_with_its_figures(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    reports = ReportTable(bigquery_api, dataset)
    report = {
        "report_id": "run-1",
        "detector": "bayes",
        "model_version": "v1",
        "outcome": "promoted",
        "reason": "",
        "window_start": date(2026, 9, 18),
        "window_end": date(2026, 11, 17),
        "figures": {"precision": 0.91, "note": "「高額」", "classes": ["a", "b"]},
        "created_at": NOW,
    }
    reports.append(report)
    reports.append(report)
    row = read_row(
        bigquery_api,
        dataset,
        "SELECT COUNT(*) AS n, MAX(TO_JSON_STRING(figures)) AS figures, MAX(window_end) AS window_end, "
        "MAX(JSON_VALUE(figures, '$.precision')) AS precision, MAX(created_at) AS created_at "
        "FROM model_reports",
    )
    assert row is not None
    assert row["n"] == 1
    assert json.loads(row["figures"]) == report["figures"]
    assert (row["precision"], row["window_end"], row["created_at"]) == ("0.91", date(2026, 11, 17), NOW)
