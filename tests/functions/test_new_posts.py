"""A new post on its way: signed webhook, push, verdict, takedown; and messages that can never be judged."""

import json
from collections.abc import Iterator

import grpc
import pytest
import requests
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage

from infra.local.cloud import DEAD_POSTS, NEW_POSTS, PROJECT, LocalCloud
from shared.spam.posts import Post
from shared.spam.takedowns import TakedownState
from tests.functions.stage import (
    MARKER,
    Crew,
    Models,
    Platform,
    Scene,
    Texts,
    pushed,
    tampered_with,
    wait_for,
)


def judged(scene: Scene, post: Post) -> bool:
    return any(row["revision"] == post.revision for row in scene.rows("verdicts", [post]))


@pytest.mark.smoke("receive_new_post", "judge_post", "train_spam_model")
def test_a_violating_post_is_taken_down_once_with_its_reasons_recorded(
    platform: Platform, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(violating=1)
    platform.deliver(platform.send(post))
    wait_for("the outcome", lambda: main_scene.states([post]) == ["taken_down"])
    (stored,) = main_scene.rows("posts", [post])
    assert (stored["title"], stored["body"]) == (post.title, post.body)
    (verdict,) = main_scene.rows("verdicts", [post])
    assert (verdict["action"], verdict["mode"], verdict["acting"]) == ("take_down", "auto", True)
    assert verdict["reasons"], "every takedown can be explained"
    assert verdict["reasons"][0]["weight"] > 0
    assert main_scene.steps([post]) == [["requested", "taken_down"]]
    assert platform.acts([post]) == [1]
    assert platform.is_down(post)


def test_an_ordinary_post_stays_visible(platform: Platform, main_scene: Scene, texts: Texts) -> None:
    (post,) = texts.write(ordinary=1)
    platform.deliver(platform.send(post))
    wait_for("a verdict", lambda: judged(main_scene, post))
    assert [row["action"] for row in main_scene.rows("verdicts", [post])] == ["leave"]
    assert main_scene.steps([post]) == [[]]
    assert not platform.is_down(post)


def test_a_repeated_webhook_adds_no_row_and_no_act(
    platform: Platform, main_scene: Scene, texts: Texts, cloud: LocalCloud
) -> None:
    (post,), (later,) = texts.write(violating=1), texts.write(ordinary=1)
    webhook_id = platform.send(post)
    platform.deliver(webhook_id)
    wait_for("the outcome", lambda: main_scene.states([post]) == ["taken_down"])
    log = cloud.root / "logs/judge_post.log"
    seen = log.read_text().count(post.post_id)
    platform.ask("POST", f"deliveries/{webhook_id}/repeat")
    platform.deliver(webhook_id, times=2)
    assert platform.delivery(webhook_id)["last_answer"].startswith("202 ")
    wait_for("the repeat to be judged", lambda: log.read_text().count(post.post_id) > seen)
    platform.deliver(platform.send(later))
    wait_for("a later post to be judged", lambda: judged(main_scene, later))
    assert len(main_scene.rows("posts", [post])) == 1
    assert len(main_scene.rows("verdicts", [post])) == 1
    assert main_scene.steps([post]) == [["requested", "taken_down"]]
    assert platform.acts([post]) == [1]


def test_an_edited_post_is_judged_anew(platform: Platform, main_scene: Scene, texts: Texts) -> None:
    (post,) = texts.write(ordinary=1)
    platform.deliver(platform.send(post))
    wait_for("a verdict on the first revision", lambda: judged(main_scene, post))
    edited = texts.revise(post, texts.violating[0])
    changes = {"title": edited.title, "body": edited.body}
    told = platform.ask("POST", f"posts/{post.post_id}/revisions", changes)
    platform.deliver(told["webhook_id"])
    wait_for("the outcome", lambda: main_scene.states([post]) == ["taken_down"])
    actions = [(row["revision"], row["action"]) for row in main_scene.rows("verdicts", [post])]
    assert actions == [(1, "leave"), (2, "take_down")]
    assert [row["revision"] for row in main_scene.rows("takedowns_latest", [post])] == [2]
    assert platform.acts([post]) == [1]


def test_a_takedown_that_pubsub_brings_again_after_a_dropped_answer_is_made_once(
    platform: Platform, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(violating=1)
    platform.fail("takedown", "drop_after_acting", times=3)  # all attempts of the first delivery
    platform.deliver(platform.send(post))
    wait_for("the outcome", lambda: main_scene.states([post]) == ["taken_down"])
    assert main_scene.steps([post]) == [["requested", "unavailable", "taken_down"]]
    assert platform.acts([post]) == [1]
    assert platform.ask("GET", "faults") == {}


def test_a_post_is_stored_where_its_model_was_tampered_with_and_judged_once_it_is_mended(
    crew: Crew, scene: Scene, platform: Platform, texts: Texts, cloud: LocalCloud
) -> None:
    tampered = Models.copied(cloud, tampered_with)
    judge = crew.start("judge_post", SEKISHO_DATASET=scene.dataset, SEKISHO_MODEL_BUCKET=tampered.bucket)
    (post,) = texts.write(violating=1)
    platform.hold([post])
    message = pushed(json.dumps(post.to_event()).encode())
    url = f"{judge.url}projects/{PROJECT}/topics/{NEW_POSTS}"
    assert requests.post(url, json=message, timeout=30).status_code == 200
    assert len(scene.rows("posts", [post])) == 1
    assert scene.rows("verdicts", [post]) == []
    assert "seal does not match" in judge.log.read_text()
    assert platform.acts([post]) == [0]
    sweep = crew.start("judge_new_posts", SEKISHO_DATASET=scene.dataset)
    assert sweep.sweep()[0] == 200
    assert platform.acts([post]) == [1]


@pytest.fixture
def subscriber(cloud: LocalCloud) -> Iterator[SubscriberClient]:
    with grpc.insecure_channel(cloud.environment["PUBSUB_EMULATOR_HOST"]) as channel:
        yield SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


@pytest.fixture
def publisher(cloud: LocalCloud) -> Iterator[PublisherClient]:
    with grpc.insecure_channel(cloud.environment["PUBSUB_EMULATOR_HOST"]) as channel:
        yield PublisherClient(transport=PublisherGrpcTransport(channel=channel))


def test_a_message_that_can_never_be_judged_is_buried_once_with_its_reason(
    publisher: PublisherClient, subscriber: SubscriberClient, texts: Texts
) -> None:
    (post,) = texts.write(violating=1)
    without_body = post.to_event()
    del without_body["data"]["body"]
    junk = [b"no JSON " + MARKER.encode(), b"", b"\xff\xfe", json.dumps(without_body).encode()]
    topic = f"projects/{PROJECT}/topics/{NEW_POSTS}"
    messages = [PubsubMessage(data=data, attributes={"of": "a test"}) for data in junk]
    ids = list(publisher.publish(topic=topic, messages=messages).message_ids)
    dead: list[dict[str, str]] = []

    def all_buried(wanted: list[str]) -> bool:
        path = f"projects/{PROJECT}/subscriptions/{DEAD_POSTS}"
        pulled = subscriber.pull(subscription=path, max_messages=100, timeout=20).received_messages
        dead.extend(dict(each.message.attributes) for each in pulled)
        if pulled:
            subscriber.acknowledge(subscription=path, ack_ids=[each.ack_id for each in pulled])
        return set(wanted) <= {names.get("message_id", "") for names in dead}

    wait_for("the junk among the dead posts", lambda: all_buried(ids))
    # One more, published later and buried too: by then a message that was not taken would have come again.
    later = list(publisher.publish(topic=topic, messages=[PubsubMessage(data=b"later")]).message_ids)
    wait_for("the later junk among the dead posts", lambda: all_buried(later))
    reasons = [[each["reason"] for each in dead if each.get("message_id") == one] for one in ids]
    assert [len(each) for each in reasons] == [1] * len(ids)
    assert all(each[0].startswith("BadEvent: ") for each in reasons)
    assert "data.body" in reasons[3][0]


def test_a_takedown_a_person_has_undone_is_not_made_again_by_a_repeated_webhook(
    platform: Platform, main_scene: Scene, texts: Texts, cloud: LocalCloud
) -> None:
    (post,) = texts.write(violating=1)
    webhook_id = platform.send(post)
    platform.deliver(webhook_id)
    wait_for("the outcome", lambda: main_scene.states([post]) == ["taken_down"])
    answer = {"post_id": post.post_id, "revision": 1, "answer": "ok", "source": "appeal"}
    platform.deliver(platform.ask("POST", "reviews", answer)["webhook_id"])
    assert main_scene.states([post]) == [TakedownState.RESTORED]
    log = cloud.root / "logs/judge_post.log"
    seen = log.read_text().count(post.post_id)
    platform.ask("POST", f"deliveries/{webhook_id}/repeat")
    wait_for("the repeat to be judged", lambda: log.read_text().count(post.post_id) > seen)
    assert platform.acts([post]) == [1]
    assert not platform.is_down(post)
