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
from shared.spam.posts import AHEAD_OF_CLOCK, Post
from shared.spam.takedowns import Takedown, TakedownState
from shared.spam.verdicts import Action, Mode, Place, Reason, Verdict

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
        reasons=(
            Reason("副業", 2.5, (Place("title", 0, 2), Place("body", 3, 5), Place("body", 8, 9))),
            Reason("symbols", 0.5),
            Reason("経験", -0.25, (Place("body", 0, 2),)),
        ),
        note="",
        mode=Mode.AUTO,
        judged_at=NOW - timedelta(hours=1),
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]


def a_step(post_id: str, state: TakedownState, recorded_at: datetime = NOW) -> Takedown:
    return Takedown(post_id, 1, state, "bayes", "v1", "affiliate_lure", recorded_at)


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
    long_ago = NOW - timedelta(days=30)  # never answered by the platform: still due
    long_asked = a_verdict("p-long-asked", revised_at=long_ago, judged_at=long_ago)
    asked, unavailable, edited = a_verdict("p-asked"), a_verdict("p-unavailable"), a_verdict("p-edited", 2)
    held_since = a_verdict(
        "p-asked-then-held"
    )  # the post may be down: a later day's cap does not end the asking
    walked_on = [TakedownState.REFUSED, TakedownState.TAKEN_DOWN, TakedownState.RESTORED]
    verdicts.append(
        [
            *(capped, first, asked, unavailable, edited, long_asked, held_since),
            a_verdict("p-held"),
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
            *(a_step(name, TakedownState.HELD) for name in ("p-held", "p-asked-then-held")),
            *(a_step(name, TakedownState.REQUESTED) for name in ("p-asked", "p-asked-then-held")),
            a_step("p-unavailable", TakedownState.UNAVAILABLE),
            a_step("p-long-asked", TakedownState.UNAVAILABLE),
        ]
    )
    assert verdicts.awaiting_takedown(NOW, 3) == [
        *(capped, edited, first),
        *(long_asked, asked, held_since, unavailable),
    ]


def test_posts_the_platform_never_answers_do_not_keep_the_others_waiting(
    bigquery_api: bigquery.Client, dataset: str
) -> None:
    verdicts, takedowns = VerdictTable(bigquery_api, dataset), TakedownTable(bigquery_api, dataset)
    now = NOW + timedelta(days=400)  # none of the other posts is in this window
    tries = {"p-stuck-a": (1, 30), "p-stuck-b": (2,), "p-stuck-c": (3, 9)}  # hours ago
    stuck = {
        name: a_verdict(name, revised_at=now - timedelta(days=20 + n), judged_at=now - timedelta(days=20))
        for n, name in enumerate(tries)
    }
    new = a_verdict("p-new", revised_at=now - timedelta(hours=1), judged_at=now)
    newer = a_verdict("p-newer", revised_at=now - timedelta(minutes=1), judged_at=now)
    verdicts.append([newer, *stuck.values(), new])
    takedowns.append(
        a_step(name, state, now - timedelta(hours=hour))
        for name, hours in tries.items()
        for hour in hours
        for state in (TakedownState.REQUESTED, TakedownState.UNAVAILABLE)
    )
    longest_untried_first = [stuck[name] for name in ("p-stuck-c", "p-stuck-b", "p-stuck-a")]
    assert verdicts.awaiting_takedown(now, 3) == [new, newer, *longest_untried_first]


def test_the_first_acting_verdict_is_the_one_that_counts(verdicts: VerdictTable) -> None:
    assert verdicts.acting(a_post("p-judged-twice")) is None
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
    ahead = a_post("p-judged-twice", revised_at=first.judged_at + AHEAD_OF_CLOCK)
    assert verdicts.acting(ahead) == first  # the platform's clock may be ahead of the one that judged
    assert verdicts.acting(a_post("p-judged-twice")) == first
    assert verdicts.acting(a_post("p-judged-twice", 2)) == a_verdict("p-judged-twice", 2)


def test_a_verdict_from_before_places_were_told_still_reads(
    bigquery_api: bigquery.Client, dataset: str, verdicts: VerdictTable
) -> None:
    told = a_verdict("p-untold")
    table = bigquery_api.get_table(f"{dataset}.verdicts")
    row = {
        field.name: getattr(told, field.name)
        for field in table.schema
        if field.name not in ("acting", "reasons", "places")
    }
    row |= {"acting": True, "reasons": [{"token": "副業", "weight": 2.5}]}
    assert bigquery_api.insert_rows(table, [row]) == []
    assert verdicts.acting(a_post("p-untold")) == replace(told, reasons=(Reason("副業", 2.5),))
