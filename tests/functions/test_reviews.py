"""People's answers: kept as labels; what they overturn comes back once, however often it fails on the way."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from infra.local.cloud import LocalCloud
from shared.spam.posts import Post
from shared.spam.takedowns import IN_FLIGHT, TakedownState
from tests.functions.stage import MARKER, Platform, Scene, Texts, signed, wait_for

LANDED = IN_FLIGHT + timedelta(seconds=30)


@pytest.fixture(autouse=True)
def mended(platform: Platform) -> Iterator[None]:
    yield
    platform.mend()


@pytest.fixture
def down(platform: Platform, main_scene: Scene, texts: Texts) -> Post:
    """A post the filter took down."""
    (post,) = texts.write(violating=1)
    platform.hold([post])
    platform.take_down(main_scene.record(post, TakedownState.REQUESTED))
    main_scene.record(post, TakedownState.TAKEN_DOWN)
    return post


class Answered:
    """A signed webhook that brings an answer, to be sent as often as a test likes."""

    def __init__(self, cloud: LocalCloud, post: Post, answer: str = "ok", **changes: Any) -> None:
        data = {"post_id": post.post_id, "revision": post.revision, "answer": answer, "source": "appeal"}
        data |= {"reviewer": "r-2", "answered_at": datetime.now(UTC).isoformat(), **changes}
        self._body = json.dumps({"type": "review.answered", "data": data}).encode()
        self._headers = signed(cloud.environment["SEKISHO_WEBHOOK_SECRET"], self._body)
        self._url = cloud.function_url("record_review")

    def send(self) -> requests.Response:
        return requests.post(self._url, data=self._body, headers=self._headers, timeout=60)


def answers(scene: Scene, post: Post) -> list[str]:
    return [row["answer"] for row in scene.rows("review_labels", [post])]


@pytest.mark.smoke("record_review")
def test_an_overturned_takedown_is_restored_once_however_often_the_webhook_comes(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    answered = Answered(cloud, down)
    first = answered.send()
    assert (first.status_code, first.json()) == (202, {"status": "accepted", "restored": True})
    assert main_scene.steps([down]) == [["requested", "taken_down", "restore_requested", "restored"]]
    assert not platform.is_down(down)
    again = answered.send()
    assert (again.status_code, again.json()["restored"]) == (202, False)
    assert answers(main_scene, down) == ["ok"], "a repeat is the same answer"
    assert platform.times_restored(down) == 1


def test_an_answer_that_confirms_the_takedown_restores_nothing(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    told = Answered(cloud, down, "violation", violation_class="affiliate_lure").send()
    assert (told.status_code, told.json()["restored"]) == (202, False)
    (label,) = main_scene.rows("review_labels_latest", [down])
    assert (label["answer"], label["violation_class"], label["reviewer"]) == (
        "violation",
        "affiliate_lure",
        "r-2",
    )
    assert platform.is_down(down)
    assert main_scene.states([down]) == ["taken_down"]


def test_of_contradictory_answers_the_newest_counts_whatever_their_order_of_arrival(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    now = datetime.now(UTC)
    newest = Answered(cloud, down, "violation", answered_at=(now - timedelta(minutes=1)).isoformat())
    oldest = Answered(cloud, down, "ok", answered_at=(now - timedelta(minutes=9)).isoformat())
    assert newest.send().json()["restored"] is False
    assert oldest.send().json()["restored"] is False
    assert platform.is_down(down)
    assert [row["answer"] for row in main_scene.rows("review_labels_latest", [down])] == ["violation"]
    assert Answered(cloud, down, "ok").send().json()["restored"] is True
    assert not platform.is_down(down)
    assert len(answers(main_scene, down)) == 3


def test_an_answer_on_an_older_revision_does_not_touch_the_newer_ones_takedown(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(ordinary=1)
    edited = texts.revise(post, texts.violating[0])
    platform.hold([post, edited])
    platform.take_down(main_scene.record(edited, TakedownState.TAKEN_DOWN))
    assert Answered(cloud, post).send().json()["restored"] is False
    assert platform.is_down(edited)


def test_an_ok_on_the_mended_revision_lifts_the_takedown_of_the_one_before(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post, texts: Texts
) -> None:
    mended = texts.revise(down, texts.write(ordinary=1)[0])
    assert Answered(cloud, mended).send().json()["restored"] is True
    assert main_scene.states([down]) == ["restored"]
    assert not platform.is_down(down)


def test_an_answer_on_a_post_never_seen_is_kept(cloud: LocalCloud, main_scene: Scene, texts: Texts) -> None:
    (unknown,) = texts.write(ordinary=1)
    told = Answered(cloud, unknown, "ok", revision=7, source="patrol").send()
    assert (told.status_code, told.json()["restored"]) == (202, False)
    (label,) = main_scene.rows("review_labels", [unknown])
    assert (label["revision"], label["answer"], label["source"]) == (7, "ok", "patrol")


def test_while_the_platform_is_down_the_answer_is_kept_and_a_repeat_restores(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    platform.fail("restore", "429", 100, retry_after="600")
    answered = Answered(cloud, down)
    told = answered.send()
    assert (told.status_code, "send it again" in told.json()["error"]) == (503, True)
    assert answers(main_scene, down) == ["ok"]
    assert platform.is_down(down)
    platform.mend()
    told = answered.send()
    assert (told.status_code, told.json()["restored"]) == (202, True)
    assert answers(main_scene, down) == ["ok"]
    assert main_scene.states([down]) == ["restored"]
    assert platform.times_restored(down) == 1


def test_while_the_platform_is_down_the_answer_is_kept_and_the_next_sweep_restores(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    platform.fail("restore", "429", 100, retry_after="600")
    assert Answered(cloud, down).send().status_code == 503
    sweep = cloud.post("judge_new_posts")
    assert (sweep.status_code, sweep.json()["unavailable"], sweep.json()["left"]) == (503, 1, 1)
    platform.mend()
    sweep = cloud.post("judge_new_posts")
    assert (sweep.status_code, sweep.json()["restored"], sweep.json()["left"]) == (200, 1, 0)
    assert not platform.is_down(down)
    assert "restored" not in cloud.post("judge_new_posts").json()
    assert platform.times_restored(down) == 1


def test_a_restore_whose_answer_was_lost_is_made_once(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    platform.fail("restore", "drop_after_acting", 1)
    assert Answered(cloud, down).send().json()["restored"] is True
    assert platform.times_restored(down) == 1
    assert main_scene.states([down]) == ["restored"]


def test_an_answer_while_the_takedown_is_on_its_way_waits_for_its_outcome(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(violating=1)
    platform.hold([post])
    takedown = main_scene.record(post, TakedownState.REQUESTED)
    answered = Answered(cloud, post)
    told = answered.send()
    assert (told.status_code, "on its way" in told.json()["error"]) == (503, True)
    assert answers(main_scene, post) == ["ok"], "the answer itself is kept"
    sweep = cloud.post("judge_new_posts")
    assert (sweep.status_code, main_scene.states([post])) == (200, ["requested"]), "nor does a sweep"
    platform.take_down(takedown)
    main_scene.record(post, TakedownState.TAKEN_DOWN)
    assert answered.send().json() == {"status": "accepted", "restored": True}
    assert not platform.is_down(post)
    assert platform.acts([post]) == [1]


@pytest.mark.parametrize("state", [TakedownState.REQUESTED, TakedownState.UNAVAILABLE])
@pytest.mark.parametrize("has_acted", [True, False])
def test_a_takedown_of_unknown_outcome_is_undone_once_it_must_have_landed(
    cloud: LocalCloud,
    platform: Platform,
    main_scene: Scene,
    texts: Texts,
    state: TakedownState,
    has_acted: bool,
) -> None:
    (post,) = texts.write(violating=1)
    platform.hold([post])
    takedown = main_scene.record(post, state, age=LANDED)
    if has_acted:
        platform.take_down(takedown)
    main_scene.answer(post)
    sweep = cloud.post("judge_new_posts")
    assert (sweep.status_code, sweep.json()["restored"]) == (200, 1)
    assert not platform.is_down(post)
    assert platform.times_restored(post) == int(has_acted)
    assert main_scene.states([post]) == ["restored"]


def test_a_restore_cut_off_after_it_was_recorded_is_finished_by_the_next_sweep(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    main_scene.answer(down)
    main_scene.record(down, TakedownState.RESTORE_REQUESTED)
    sweep = cloud.post("judge_new_posts")
    assert (sweep.status_code, sweep.json()["restored"]) == (200, 1)
    assert platform.times_restored(down) == 1


def test_a_restore_the_platform_refuses_is_recorded_and_not_asked_for_again(
    cloud: LocalCloud, platform: Platform, main_scene: Scene, down: Post
) -> None:
    platform.ask("DELETE", f"posts/{down.post_id}")
    assert Answered(cloud, down).send().json() == {"status": "accepted", "restored": False}
    assert main_scene.states([down]) == ["restore_refused"]
    platform.fail("restore", "500")
    assert cloud.post("judge_new_posts").status_code == 200
    assert platform.ask("GET", "faults") == {"restore": ["500"]}, "nobody called"


@pytest.mark.parametrize(
    ("field", "value"),
    [("answer", "maybe"), ("violation_class", "Not A Name"), ("revision", 0), ("source", MARKER)],
)
def test_an_answer_that_cannot_be_used_is_400_and_names_the_field(
    cloud: LocalCloud, main_scene: Scene, texts: Texts, field: str, value: Any
) -> None:
    (post,) = texts.write(ordinary=1)
    told = Answered(cloud, post, **{field: value}).send()
    assert (told.status_code, told.json()["field"]) == (400, f"data.{field}")
    assert answers(main_scene, post) == []


def test_an_answer_nobody_signed_is_401_and_not_kept(
    cloud: LocalCloud, main_scene: Scene, texts: Texts
) -> None:
    (post,) = texts.write(ordinary=1)
    body = json.dumps({"type": "review.answered", "data": {"post_id": post.post_id}}).encode()
    headers = signed("whsec_" + "A" * 32, body)
    url = cloud.function_url("record_review")
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 401
    assert answers(main_scene, post) == []


def test_two_buttons_on_the_review_page_become_a_label_and_bring_the_post_back(
    platform: Platform, main_scene: Scene, down: Post
) -> None:
    page = requests.get(
        f"{platform.url}/review", params={"source": "appeal", "post_id": down.post_id}, timeout=30
    )
    assert page.ok
    assert f'name="post_id" value="{down.post_id}"' in page.text
    form = {"post_id": down.post_id, "revision": "1", "source": "appeal", "reviewer": "r-3", "answer": "ok"}
    assert requests.post(f"{platform.url}/review", data=form, timeout=30).ok
    wait_for("the post to be back", lambda: not platform.is_down(down))
    wait_for("its outcome", lambda: main_scene.states([down]) == ["restored"])
    (label,) = main_scene.rows("review_labels", [down])
    assert (label["answer"], label["source"], label["reviewer"]) == ("ok", "appeal", "r-3")
