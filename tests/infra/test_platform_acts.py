"""The stand-in platform's takedown API as docs/platform-api.md says it: each act once, refusals named."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from infra.local.processes import Processes
from shared.platform_api import PlatformTakedowns
from shared.spam.takedowns import TakedownState
from tests.infra.marketplace import NOBODY, TOKEN, Market, error_of, new_id, takedown_of


@pytest.fixture(scope="module")
def market(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with Market(processes, tmp_path_factory.mktemp("platform"), NOBODY) as market:
        yield market


def test_a_takedown_and_its_restore_answer_as_documented(market: Market) -> None:
    post_id = market.post()
    down = market.act("takedown", post_id)
    assert (down.status_code, down.json()) == (
        200,
        {"post_id": post_id, "revision": 1, "state": "taken_down"},
    )
    assert market.show(post_id)["state"] == "taken_down"
    up = market.act("restore", post_id)
    assert (up.status_code, up.json()) == (200, {"post_id": post_id, "revision": 1, "state": "visible"})
    shown = market.show(post_id)
    assert (shown["state"], shown["acts"]) == ("visible", {"taken_down": 1, "restored": 1})
    assert [entry["kind"] for entry in shown["journal"]] == ["posted", "taken_down", "restored"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_nothing_is_done_for_whoever_has_not_the_token(market: Market, headers: dict[str, str]) -> None:
    post_id = market.post()
    url = f"{market.url}/api/v1/posts/{post_id}/takedown"
    answer = requests.post(
        url, json={"revision": 1}, headers={"Idempotency-Key": new_id(), **headers}, timeout=30
    )
    assert error_of(answer) == (401, "unauthorized")
    assert market.show(post_id)["state"] == "visible"


def test_a_post_or_revision_that_is_not_there_is_not_found_until_it_is(market: Market) -> None:
    post_id = new_id()
    assert error_of(market.act("takedown", post_id)) == (404, "not_found")
    assert error_of(market.act("restore", post_id)) == (404, "not_found")
    market.post(post_id)
    assert error_of(market.act("takedown", post_id, revision=2)) == (404, "not_found")
    assert error_of(market.act("takedown", post_id, revision=2**70)) == (404, "not_found")
    assert market.act("takedown", post_id).status_code == 200, "asked again once it had arrived"


def test_an_edited_post_is_not_taken_down_for_what_it_no_longer_says(market: Market) -> None:
    post_id = market.post()
    market.revise(post_id)
    assert error_of(market.act("takedown", post_id)) == (409, "revision_superseded")
    assert market.show(post_id)["state"] == "visible"
    assert market.act("takedown", post_id, revision=2).status_code == 200


def test_an_edit_does_not_lift_a_takedown_and_its_restore_still_works(market: Market) -> None:
    post_id = market.post()
    market.act("takedown", post_id)
    market.revise(post_id)
    assert market.show(post_id)["state"] == "taken_down"
    assert market.act("restore", post_id, revision=1).json()["state"] == "visible"


def test_a_takedown_of_the_newer_revision_is_not_undone_by_a_restore_of_the_older(market: Market) -> None:
    post_id = market.post()
    market.act("takedown", post_id)
    market.revise(post_id)
    market.act("takedown", post_id, revision=2)
    assert error_of(market.act("restore", post_id, revision=1)) == (409, "revision_superseded")
    assert market.show(post_id)["state"] == "taken_down"


def test_a_deleted_post_is_gone(market: Market) -> None:
    post_id = market.post()
    market.ask("DELETE", f"posts/{post_id}")
    assert error_of(market.act("takedown", post_id)) == (410, "deleted")
    assert error_of(market.act("restore", post_id)) == (410, "deleted")
    assert market.show(post_id)["state"] == "deleted"


def test_one_key_acts_once_whoever_asks_at_the_same_time(market: Market) -> None:
    post_id = market.post()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: market.act("takedown", post_id, "one-key-" + post_id), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert market.show(post_id)["acts"]["taken_down"] == 1


def test_an_old_key_does_nothing_once_the_post_was_restored(market: Market) -> None:
    post_id = market.post()
    first = market.act("takedown", post_id)
    market.act("restore", post_id)
    late = market.act("takedown", post_id)
    assert (late.status_code, late.json()) == (200, first.json()), "the answer it was given then"
    shown = market.show(post_id)
    assert (shown["state"], shown["acts"]) == ("visible", {"taken_down": 1, "restored": 1})


def test_a_refusal_is_remembered_with_its_key(market: Market) -> None:
    post_id = market.post()
    market.revise(post_id)
    first = market.act("takedown", post_id)
    market.ask("DELETE", f"posts/{post_id}")
    assert market.act("takedown", post_id).text == first.text
    assert first.status_code == 409


def test_a_key_sent_for_something_else_is_refused(market: Market) -> None:
    post_id, other = market.post(), market.post()
    key = f"shared-{post_id}"
    assert market.act("takedown", post_id, key).status_code == 200
    assert error_of(market.act("restore", post_id, key)) == (422, "idempotency_key_reused")
    assert error_of(market.act("takedown", other, key)) == (422, "idempotency_key_reused")
    assert market.show(post_id)["state"] == "taken_down"
    assert market.show(other)["state"] == "visible"


def test_restoring_a_post_that_is_not_down_answers_visible_and_does_nothing(market: Market) -> None:
    post_id = market.post()
    assert market.act("restore", post_id).json()["state"] == "visible"
    assert market.show(post_id)["acts"] == {"taken_down": 0, "restored": 0}


def test_what_a_person_took_down_only_a_person_lifts(market: Market) -> None:
    post_id = market.post()
    answer = {"post_id": post_id, "answer": "violation"}
    market.ask("POST", "reviews?announce=false", answer)
    assert market.act("takedown", post_id).json()["state"] == "taken_down"
    assert error_of(market.act("restore", post_id)) == (409, "taken_down_by_reviewer")
    market.ask("POST", "reviews?announce=false", answer | {"answer": "ok"})
    shown = market.show(post_id)
    assert (shown["state"], shown["acts"]) == ("visible", {"taken_down": 1, "restored": 1})


def test_what_sekisho_took_down_an_ok_on_the_same_revision_leaves_to_it(market: Market) -> None:
    post_id = market.post()
    market.act("takedown", post_id)
    market.ask("POST", "reviews?announce=false", {"post_id": post_id, "answer": "ok"})
    assert market.show(post_id)["state"] == "taken_down"
    assert market.act("restore", post_id).status_code == 200


def test_an_ok_on_the_newest_revision_lifts_the_takedown_of_an_older_one(market: Market) -> None:
    post_id = market.post()
    market.act("takedown", post_id)
    market.revise(post_id)
    market.ask("POST", "reviews?announce=false", {"post_id": post_id, "answer": "ok", "revision": 1})
    assert market.show(post_id)["state"] == "taken_down", "nobody has seen the newest"
    market.ask("POST", "reviews?announce=false", {"post_id": post_id, "answer": "ok", "revision": 2})
    assert market.show(post_id)["state"] == "visible"


@pytest.mark.parametrize(
    "name",
    [
        "a/b",
        "/a//b/",
        "a/takedown",
        "100%",
        "%2F",
        "a?b#c",
        "a+b&c=d",
        "投稿-１",
        "😀",
        "a;b",
        "'\"<x>",
        "a..b",
    ],
)
def test_a_post_id_may_hold_anything_but_white_space(market: Market, name: str) -> None:
    post_id = market.post(f"{new_id()}{name}")
    assert PlatformTakedowns(market.url, TOKEN).take_down(takedown_of(post_id)) is TakedownState.TAKEN_DOWN
    assert market.show(post_id)["post_id"] == post_id
    page = market.page("/", q=post_id)
    link = page.css_first("ul.posts a")
    assert link is not None
    assert market.page(str(link.attributes["href"])).css_first(".tag.taken_down") is not None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[1]", ""),
        (b'"text"', ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
        (b"{}", "revision"),
        (b'{"revision": "1"}', "revision"),
        (b'{"revision": true}', "revision"),
        (b'{"revision": 1.0}', "revision"),
        (b'{"revision": 0}', "revision"),
        (b'{"revision": 1, "violation_class": 5}', "violation_class"),
        (b'{"revision": 1, "violation_class": "<b>"}', "violation_class"),
        (b'{"revision": 1, "violation_class": "\\ud800"}', "violation_class"),
    ],
)
def test_a_body_that_cannot_be_used_is_a_bad_request(market: Market, body: bytes, field: str) -> None:
    post_id = market.post()
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Idempotency-Key": new_id(),
        "Content-Type": "application/json",
    }
    url = f"{market.url}/api/v1/posts/{post_id}/takedown"
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    assert error_of(answer) == (400, "bad_request")
    assert answer.json()["error"].get("field", "") == field
    assert market.show(post_id)["state"] == "visible"


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_act_needs_a_key_of_sensible_length(market: Market, key: str) -> None:
    assert error_of(market.act("takedown", market.post(), key)) == (400, "bad_request")


@pytest.mark.parametrize("path", ["nonsense", "posts/x/takedwn", "../../api/v1"])
def test_what_is_no_part_of_the_api_is_refused_in_json(market: Market, path: str) -> None:
    answer = market.call("POST", path, {})
    assert answer.status_code in (404, 405)
    assert answer.json()["error"]["code"]
