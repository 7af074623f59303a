"""The verdicts table against the BigQuery emulator: which takedowns are still to be made."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import bigquery

from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.verdict_table import VerdictTable
from shared.spam.labels import Answer, ReviewLabel, Source
from shared.spam.posts import Post
from shared.spam.takedowns import Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Reason, Verdict

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def a_post(post_id: str, revision: int = 1, revised_at: datetime = NOW - timedelta(hours=2)) -> Post:
    return Post(post_id, revision, revised_at, revised_at, "title", "body")


def a_verdict(post_id: str, revision: int = 1, **changes: object) -> Verdict:
    verdict = Verdict(
        post_id=post_id,
        revision=revision,
        revised_at=NOW - timedelta(hours=2),
        detector="bayes",
        model_version="v1",
        score=0.97,
        action=Action.TAKE_DOWN,
        violation_class="affiliate_lure",
        reasons=(Reason("副業", 2.5), Reason("経験", -0.25)),
        note="",
        mode=Mode.AUTO,
        judged_at=NOW - timedelta(hours=1),
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]


def a_step(post_id: str, state: TakedownState) -> Takedown:
    return Takedown(post_id, 1, state, "bayes", "v1", "affiliate_lure", NOW)


@pytest.fixture
def verdicts(bigquery_api: bigquery.Client, dataset: str) -> VerdictTable:
    return VerdictTable(bigquery_api, dataset)


def test_only_takedowns_that_may_still_be_made_are_awaiting(
    bigquery_api: bigquery.Client, dataset: str, verdicts: VerdictTable
) -> None:
    assert verdicts.awaiting_takedown(NOW, 3) == []
    later = NOW - timedelta(minutes=1)
    capped = a_verdict("p-capped", mode=Mode.CAPPED, revised_at=NOW - timedelta(hours=3))
    first = a_verdict("p-first")
    long_ago = NOW - timedelta(days=30)  # never answered by the platform: still due, the oldest first
    long_asked = a_verdict("p-long-asked", revised_at=long_ago, judged_at=long_ago)
    asked, unavailable, edited = a_verdict("p-asked"), a_verdict("p-unavailable"), a_verdict("p-edited", 2)
    walked_on = [TakedownState.HELD, TakedownState.REFUSED, TakedownState.TAKEN_DOWN, TakedownState.RESTORED]
    verdicts.append(
        [
            *(capped, first, asked, unavailable, edited, long_asked),
            a_verdict("p-edited", 1),  # superseded
            a_verdict("p-first", model_version="v2", violation_class="other", judged_at=later),
            a_verdict("p-first-said-review", action=Action.REVIEW),
            a_verdict("p-first-said-review", model_version="v2", judged_at=later),
            a_verdict("p-shadow", mode=Mode.SHADOW),
            a_verdict("p-review-mode", mode=Mode.REVIEW),
            a_verdict("p-old", revised_at=NOW - timedelta(days=3, seconds=1)),
            a_verdict("p-ok"),
            a_verdict("p-violation"),
            *(a_verdict(f"p-{state}") for state in walked_on),
        ]
    )
    PostTable(bigquery_api, dataset).append(
        [a_post("p-edited", 1), a_post("p-edited", 2), a_post("p-first")], NOW
    )
    LabelTable(bigquery_api, dataset).append(
        ReviewLabel(f"l-{answer}", f"p-{answer}", 1, answer, "", Source.QUEUE, "r", NOW - timedelta(days=90))
        for answer in Answer
    )
    TakedownTable(bigquery_api, dataset).append(
        [
            *(a_step(f"p-{state}", TakedownState.REQUESTED) for state in walked_on),
            *(a_step(f"p-{state}", state) for state in walked_on),
            a_step("p-asked", TakedownState.REQUESTED),
            a_step("p-unavailable", TakedownState.UNAVAILABLE),
            a_step("p-long-asked", TakedownState.UNAVAILABLE),
        ]
    )
    assert verdicts.awaiting_takedown(NOW, 3) == [long_asked, capped, asked, edited, first, unavailable]


def test_the_first_acting_verdict_is_the_one_that_counts(verdicts: VerdictTable) -> None:
    assert verdicts.acting("p-judged-twice", 1) is None
    first = a_verdict("p-judged-twice", score=None, note="too long", action=Action.REVIEW, reasons=())
    verdicts.append(
        [
            a_verdict("p-judged-twice", model_version="v2", judged_at=NOW),
            first,
            first,
            a_verdict("p-judged-twice", mode=Mode.SHADOW, judged_at=NOW - timedelta(hours=9)),
            a_verdict("p-judged-twice", 2),
        ]
    )
    assert verdicts.acting("p-judged-twice", 1) == first
    assert verdicts.acting("p-judged-twice", 2) == a_verdict("p-judged-twice", 2)
