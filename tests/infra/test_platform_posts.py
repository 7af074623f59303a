"""The posts of the stand-in platform: how they come, change and are found, and what outlives a kill."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.processes import Processes
from tests.infra.marketplace import NOBODY, Market, new_id


@pytest.fixture(scope="module")
def market(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with Market(processes, tmp_path_factory.mktemp("platform"), NOBODY) as market:
        yield market


def many(count: int, prefix: str) -> list[dict[str, Any]]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {
            "post_id": f"{prefix}-{n:05}",
            "posted_at": (start + timedelta(minutes=n)).isoformat(),
            "title": f"{prefix} {'偶数' if n % 2 == 0 else '奇数'}",
            "body": "<p>在宅</p>",
        }
        for n in range(count)
    ]


def test_it_says_that_it_is_well_without_a_token(market: Market) -> None:
    answer = requests.get(f"{market.url}/healthz", timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ten_thousand_posts_are_taken_at_once_and_none_twice(market: Market) -> None:
    posts = many(10_000, new_id())
    told = market.ask("POST", "posts?announce=false", posts)
    assert told == {"stored": 10_000, "already": 0, "announced": 0}
    again = market.ask("POST", "posts?announce=false", [*posts[-5:], *many(2, new_id())])
    assert again == {"stored": 2, "already": 5, "announced": 0}


def test_a_post_is_shown_as_it_was_given(market: Market) -> None:
    given: dict[str, Any] = {
        "post_id": new_id(),
        "revision": 1,
        "posted_at": "2026-11-01T10:00:00+09:00",
        "title": "題名 \u2028 ４",
        "body": "<p>😀 本文\x00\n</p>",
        "category": "writing",
        "author_id": "u-1",
        "attributes": {"pay": "１０００"},
    }
    market.ask("POST", "posts?announce=false", given)
    shown = market.show(given["post_id"])
    (kept,) = shown["revisions"]
    same_time = "2026-11-01T01:00:00+00:00"
    assert kept == given | {"posted_at": same_time, "revised_at": same_time}
    assert [entry["kind"] for entry in shown["journal"]] == ["posted"]
    assert (shown["state"], shown["acts"]) == ("visible", {"taken_down": 0, "restored": 0})


def test_halves_of_surrogate_pairs_are_kept_as_the_replacement_character(market: Market) -> None:
    post_id = new_id()
    told = market.ask("POST", "posts?announce=false", {"post_id": f"{post_id}\ud800", "body": "\udfff."})
    assert told["post_id"] == f"{post_id}\ufffd"
    assert market.show(f"{post_id}\ufffd")["revisions"][0]["body"] == "\ufffd."


def test_an_edit_is_the_next_revision_and_keeps_what_was_not_changed(market: Market) -> None:
    post_id = market.post(title="前", category="writing", attributes={"pay": "1"})
    told = market.revise(post_id, title="後")
    assert told == {"post_id": post_id, "revision": 2, "webhook_id": None}
    shown = market.show(post_id)
    assert shown["revision"] == 2
    before, after = shown["revisions"]
    assert (before["title"], after["title"]) == ("前", "後")
    assert {k: after[k] for k in ("body", "category", "attributes", "posted_at")} == {
        k: before[k] for k in ("body", "category", "attributes", "posted_at")
    }
    assert after["revised_at"] > before["revised_at"]
    assert [entry["kind"] for entry in shown["journal"]] == ["posted", "revised"]


def test_an_older_revision_that_comes_late_does_not_become_the_newest(market: Market) -> None:
    post_id = market.post(revision=3, title="新しい")
    market.post(post_id, revision=2, title="古い")
    shown = market.show(post_id)
    assert shown["revision"] == 3
    assert [post["revision"] for post in shown["revisions"]] == [2, 3]
    assert market.ask("GET", "posts?q=" + post_id)["posts"][0]["revision"] == 3


def test_what_is_not_there_or_deleted_can_not_be_edited(market: Market) -> None:
    assert market.call("POST", f"posts/{new_id()}/revisions", {"body": "x"}).status_code == 404
    assert market.call("DELETE", f"posts/{new_id()}").status_code == 404
    assert market.call("GET", f"posts/{new_id()}").status_code == 404
    post_id = market.post()
    market.ask("DELETE", f"posts/{post_id}")
    market.ask("DELETE", f"posts/{post_id}")
    assert market.call("POST", f"posts/{post_id}/revisions", {"body": "x"}).status_code == 410
    assert [entry["kind"] for entry in market.show(post_id)["journal"]] == ["posted", "deleted"]


@pytest.mark.parametrize(
    ("post", "field"),
    [
        ({}, "data.post_id"),
        ({"post_id": "a b", "body": "x"}, "data.post_id"),
        ({"post_id": "p", "body": 5}, "data.body"),
        ({"post_id": "p", "body": "x", "revision": 0}, "data.revision"),
        ({"post_id": "p", "body": "x", "posted_at": "2026-11-22T01:02:03"}, "data.posted_at"),
        ({"post_id": "p", "body": "x", "title": "t" * 10_001}, "data.title"),
    ],
)
def test_of_a_list_with_a_bad_post_none_is_taken(market: Market, post: dict[str, Any], field: str) -> None:
    good = {"post_id": new_id(), "body": "x"}
    answer = market.call("POST", "posts?announce=false", [good, post])
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert market.call("GET", f"posts/{good['post_id']}").status_code == 404


@pytest.mark.parametrize("body", ["[1]", '"text"', "null", "{", "[" * 100_000])
def test_what_are_no_posts_is_a_bad_request(market: Market, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert market.call("POST", "posts", data=body, headers=headers).status_code == 400


def test_posts_are_listed_newest_first_a_page_at_a_time(market: Market) -> None:
    prefix = new_id()
    posts = many(7, prefix)
    market.ask("POST", "posts?announce=false", posts)
    pages = [market.ask("GET", f"posts?q={prefix}&limit=3&offset={offset}") for offset in (0, 3, 6, 9)]
    assert [page["total"] for page in pages] == [7] * 4
    listed = [[post["post_id"] for post in page["posts"]] for page in pages]
    newest_first = [post["post_id"] for post in reversed(posts)]
    assert listed == [newest_first[:3], newest_first[3:6], newest_first[6:], []]


def test_posts_are_found_by_state_title_and_id(market: Market) -> None:
    prefix = new_id()
    market.ask("POST", "posts?announce=false", many(4, prefix))
    market.act("takedown", f"{prefix}-00001")
    market.ask("DELETE", f"posts/{prefix}-00002")

    def found(query: str) -> set[str]:
        return {post["post_id"][-1] for post in market.ask("GET", f"posts?{query}")["posts"]}

    assert found(f"q={prefix}&state=visible") == {"0", "3"}
    assert found(f"q={prefix}&state=taken_down") == {"1"}
    assert found(f"q={prefix}&state=deleted") == {"2"}
    assert found(f"q={prefix.upper()} 奇数") == {"1", "3"}
    assert found(f"q={prefix}-00003") == {"3"}
    assert found(f"q={prefix}%25") == found(f"q={prefix}_") == set(), "no wildcards"
    assert found("q=" + "長" * 5_000) == set()


@pytest.mark.parametrize("query", ["state=banned", "limit=-1", "limit=", "offset=x", "offset=" + "9" * 5_000])
def test_a_question_that_can_not_be_answered_is_refused(market: Market, query: str) -> None:
    assert market.call("GET", f"posts?{query}").status_code == 400
    if query.startswith("state"):
        assert market.call("GET", f"deliveries?{query}").status_code == 400


def test_the_summary_counts_posts_acts_answers_and_webhooks(processes: Processes, tmp_path: Path) -> None:
    with Market(processes, tmp_path, NOBODY) as market:
        ids = [market.post() for _ in range(5)]
        market.act("takedown", ids[0])
        market.act("takedown", ids[1])
        market.act("restore", ids[1])
        market.ask("DELETE", f"posts/{ids[2]}")
        answers = [
            {"post_id": ids[3], "answer": "violation", "violation_class": "paid_reviews"},
            {"post_id": ids[4], "answer": "ok", "source": "patrol"},
        ]
        assert len(market.ask("POST", "reviews?announce=false", answers)["webhook_ids"]) == 2
        told = market.ask("GET", "summary")
        assert told["journal"] == {
            "posted": 5,
            "revised": 0,
            "taken_down": 3,
            "restored": 1,
            "deleted": 1,
            "reviewed": 2,
            "delivered": 0,
            "undelivered": 0,
        }
        assert (told["posts"], told["visible"], told["taken_down"], told["deleted"]) == (5, 2, 2, 1)
        assert told["taken_down_by"] == {"sekisho": 1, "reviewer": 1}
        assert told["reviews"] == {"violation": 1, "ok": 1}
        assert told["deliveries"] == {"pending": 0, "delivered": 0, "refused": 0, "given_up": 0}


def test_a_kill_forgets_nothing_but_faults(processes: Processes, tmp_path: Path) -> None:
    with Market(processes, tmp_path, NOBODY) as market:
        post_id, undone = market.post(), market.post()
        market.revise(post_id)
        first = market.act("takedown", undone)
        market.act("restore", undone)
        market.ask("POST", "reviews?announce=false", {"post_id": post_id, "answer": "violation"})
        market.fail("500", 3)
        before = market.show(post_id), market.show(undone), market.ask("GET", "summary")
        market.restart()
        assert (market.show(post_id), market.show(undone), market.ask("GET", "summary")) == before
        assert market.ask("GET", "faults") == {}
        late = market.act("takedown", undone)
        assert (late.status_code, late.text) == (200, first.text), "keys are remembered for ever"
        assert market.show(undone) == before[1]
