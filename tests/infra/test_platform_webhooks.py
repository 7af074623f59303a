"""The stand-in platform's webhooks: signed, sent until they are taken, read by production code."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from infra.local.processes import Processes
from shared.spam.events import read_label, read_post
from shared.spam.labels import Answer, Source
from tests.infra.marketplace import HANG_UP, SECRET, Inbox, Market, Sent, new_id, wait_for

MOST_TRIES = 8


def settled(market: Market, webhook_id: str, state: str) -> None:
    wait_for(f"a webhook that is {state}", lambda: market.delivery(webhook_id)["state"] == state)


def send(market: Market, post_id: str) -> str:
    return str(market.ask("POST", "posts", {"post_id": post_id, "body": "<p>在宅 😀</p>"})["webhook_id"])


def test_a_new_post_is_announced_signed_and_as_production_reads_it(market: Market, inbox: Inbox) -> None:
    post_id = new_id()
    given = {"title": "題名", "body": "<p>在宅 😀</p>", "attributes": {"pay": "1000"}}
    webhook_id = market.ask("POST", "posts", {"post_id": post_id, **given})["webhook_id"]
    (sent,) = inbox.about(post_id)
    assert (sent.path, sent.webhook_id) == ("/posts", webhook_id)
    assert Webhook(SECRET).verify(sent.body, dict(sent.headers))["type"] == "post.created"
    post = read_post(sent.body, datetime.now(UTC))
    assert post.key == (post_id, 1)
    assert {name: getattr(post, name) for name in given} == given
    settled(market, webhook_id, "delivered")
    assert [entry["kind"] for entry in market.show(post_id)["journal"]] == ["posted", "delivered"]


def test_a_signature_holds_for_its_own_body_and_id_only(market: Market, inbox: Inbox) -> None:
    post_id = market.post(announce=True)
    (sent,) = inbox.about(post_id)
    forged: list[Sent] = [
        dataclasses.replace(sent, body=sent.body + b" "),
        dataclasses.replace(sent, headers={**sent.headers, "webhook-id": "msg_other"}),
        dataclasses.replace(
            sent,
            headers={**sent.headers, "webhook-timestamp": str(int(sent.headers["webhook-timestamp"]) + 1)},
        ),
    ]
    for each in forged:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(each.body, dict(each.headers))


def test_an_edit_is_announced_as_the_next_revision(market: Market, inbox: Inbox) -> None:
    post_id = market.post()
    told = market.revise(post_id, announce=True, body="<p>二版</p>")
    (sent,) = inbox.about(post_id)
    assert (sent.webhook_id, sent.event["type"]) == (told["webhook_id"], "post.revised")
    post = read_post(sent.body, datetime.now(UTC))
    assert (post.revision, post.body) == (2, "<p>二版</p>")


def test_an_answer_is_announced_as_production_reads_it(market: Market, inbox: Inbox) -> None:
    post_id = market.post()
    given = {"post_id": post_id, "answer": "violation", "violation_class": "paid_reviews"}
    told = market.ask("POST", "reviews", given | {"reviewer": "r-2", "source": "patrol"})
    (sent,) = inbox.about(post_id)
    assert (sent.path, sent.webhook_id) == ("/reviews", told["webhook_id"])
    Webhook(SECRET).verify(sent.body, dict(sent.headers))
    label = read_label(sent.body, sent.webhook_id, datetime.now(UTC))
    assert (label.post_id, label.revision, label.reviewer) == (post_id, 1, "r-2")
    assert (label.answer, label.violation_class, label.source) == (
        Answer.VIOLATION,
        "paid_reviews",
        Source.PATROL,
    )


def test_nothing_is_announced_that_need_not_be(market: Market, inbox: Inbox) -> None:
    quiet = market.post(announce=False)
    market.revise(quiet)
    market.ask("POST", "reviews?announce=false", {"post_id": quiet, "answer": "ok"})
    loud = market.post(announce=True)
    settled(market, str(inbox.about(loud)[0].webhook_id), "delivered")
    assert market.show(quiet)["deliveries"] == []
    assert inbox.count(quiet) == 0


def test_a_repeated_post_is_announced_once(market: Market, inbox: Inbox) -> None:
    post_id = market.post(announce=True)
    assert market.ask("POST", "posts", {"post_id": post_id, "body": "other"})["webhook_id"] is None
    assert len(market.show(post_id)["deliveries"]) == 1


@pytest.mark.parametrize("answers", [(500, 503), (HANG_UP, HANG_UP), (429, 408), (302, 504)])
def test_what_was_not_taken_is_sent_again_with_the_same_id(
    market: Market, inbox: Inbox, answers: tuple[int, int]
) -> None:
    post_id = new_id()
    inbox.answer(post_id, *answers)
    webhook_id = send(market, post_id)
    sent = inbox.about(post_id, 3)
    assert {each.webhook_id for each in sent} == {webhook_id}
    assert {each.body for each in sent} == {sent[0].body}
    for each in sent:
        Webhook(SECRET).verify(each.body, dict(each.headers))
    settled(market, webhook_id, "delivered")
    delivery = market.delivery(webhook_id)
    assert (delivery["attempts"], delivery["times_delivered"]) == (3, 1)


@pytest.mark.parametrize("status", [400, 401, 413])
def test_what_is_refused_is_not_sent_again_until_somebody_asks(
    market: Market, inbox: Inbox, status: int
) -> None:
    post_id = new_id()
    inbox.answer(post_id, status)
    webhook_id = send(market, post_id)
    settled(market, webhook_id, "refused")
    assert (market.delivery(webhook_id)["attempts"], inbox.count(post_id)) == (1, 1)
    assert [entry["kind"] for entry in market.show(post_id)["journal"]] == ["posted", "undelivered"]
    market.ask("POST", f"deliveries/{webhook_id}/repeat")
    settled(market, webhook_id, "delivered")
    assert {each.webhook_id for each in inbox.about(post_id, 2)} == {webhook_id}


def test_what_nobody_takes_is_given_up(market: Market, inbox: Inbox) -> None:
    post_id = new_id()
    inbox.answer(post_id, *[503] * MOST_TRIES)
    webhook_id = send(market, post_id)
    settled(market, webhook_id, "given_up")
    assert (market.delivery(webhook_id)["attempts"], inbox.count(post_id)) == (MOST_TRIES, MOST_TRIES)
    assert market.ask("GET", "deliveries?state=given_up")["deliveries"][0]["webhook_id"] == webhook_id


def test_what_was_taken_can_be_sent_again(market: Market, inbox: Inbox) -> None:
    post_id = new_id()
    webhook_id = send(market, post_id)
    settled(market, webhook_id, "delivered")
    market.ask("POST", f"deliveries/{webhook_id}/repeat")
    first, second = inbox.about(post_id, 2)
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
    wait_for("both counted", lambda: market.delivery(webhook_id)["times_delivered"] == 2)
    assert market.call("POST", "deliveries/msg_unknown/repeat").status_code == 404


def test_an_answer_about_no_post_is_refused_and_announces_nothing(market: Market, inbox: Inbox) -> None:
    known, unknown = market.post(), new_id()
    good = {"post_id": known, "answer": "violation"}
    for bad, status in (
        ({"post_id": unknown, "answer": "ok"}, 404),
        ({"post_id": known, "answer": "ok", "revision": 2}, 404),
        ({"post_id": known, "answer": "maybe"}, 400),
        ({"post_id": "\ud800", "answer": "ok"}, 404),
        ({"answer": "ok"}, 400),
    ):
        assert market.call("POST", "reviews", [good, bad]).status_code == status
    shown = market.show(known)
    assert (shown["state"], shown["deliveries"]) == ("visible", []), "all of a list, or nothing"


def test_webhooks_outlive_a_kill_and_a_receiver_that_comes_late(processes: Processes, tmp_path: Path) -> None:
    with Inbox() as inbox, Market(processes, tmp_path, inbox.url, "--first-wait-seconds", "600") as market:
        post_id = new_id()
        inbox.answer(post_id, HANG_UP)
        webhook_id = send(market, post_id)
        inbox.about(post_id)
        wait_for("the failure noted", lambda: market.delivery(webhook_id)["last_answer"])
        assert market.delivery(webhook_id)["state"] == "pending"
        market.restart()
        settled(market, webhook_id, "delivered")
        first, second = inbox.about(post_id, 2)
        assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
        assert json.loads(second.body)["data"]["post_id"] == post_id
