"""The half-hourly sweep: what it judges and takes down in each mode; it may run twice, or at once."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.cloud import LocalCloud
from shared.spam.labels import Answer
from shared.spam.takedowns import TakedownState
from shared.spam.verdicts import Action, Mode, Verdict
from tests.functions.line import Line, asks
from tests.functions.stage import Crew, Models, Platform, Scene, Served, Texts, tampered_with, together

a_verdict_insert = asks("POST", "/tables/verdicts/insertAll")


@pytest.fixture(scope="module")
def scene(module_scene: Scene) -> Scene:
    """Tables the tests here share. Each leaves nothing in them that is still to be judged or taken down."""
    return module_scene


@pytest.fixture(scope="module")
def judge(module_crew: Crew, scene: Scene) -> Served:
    """The sweep in mode auto."""
    return module_crew.start("judge_new_posts", SEKISHO_DATASET=scene.dataset)


class Meeting:
    """Holds the requests that match until so many are there: runs that overlap for sure."""

    def __init__(self, runs: int) -> None:
        self._barrier = threading.Barrier(runs)

    def __call__(self, request: bytes) -> None:
        if a_verdict_insert(request):
            self._barrier.wait(timeout=60)


@pytest.mark.smoke("judge_new_posts")
def test_every_post_is_judged_once_and_a_second_run_does_nothing(
    judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    posts = texts.write(violating=2, ordinary=3)
    platform.hold(posts)
    scene.receive(posts)
    status, counts = judge.sweep()
    assert status == 200
    assert (counts["take_down"], counts["leave"], counts["taken_down"], counts["left"]) == (2, 3, 2, 0)
    assert platform.acts(posts) == [1, 1, 0, 0, 0]
    status, counts = judge.sweep()
    assert status == 200
    assert counts.keys() == {"mode", "model_version", "left"}, "nothing judged, nothing done"
    assert len(scene.rows("verdicts", posts)) == 5
    assert scene.steps(posts[:2]) == [["requested", "taken_down"]] * 2
    assert platform.acts(posts) == [1, 1, 0, 0, 0]


def test_overlapping_runs_judge_every_post_and_take_each_down_once(
    crew: Crew, scene: Scene, platform: Platform, texts: Texts, cloud: LocalCloud
) -> None:
    posts = texts.write(violating=4, ordinary=4)
    platform.hold(posts)
    scene.receive(posts)
    with Line(cloud.url("bigquery"), before=Meeting(runs=3)) as line:
        environment = {"SEKISHO_DATASET": scene.dataset, "BIGQUERY_EMULATOR_HOST": line.url}
        first, second = (crew.start("judge_new_posts", **environment) for _ in range(2))
        told = together([first.sweep, first.sweep, second.sweep])
    assert [status for status, _ in told] == [200] * 3
    assert [counts["take_down"] for _, counts in told] == [4] * 3, "all three had read the same posts"
    latest = scene.rows("verdicts_latest", posts)
    assert [row["post_id"] for row in latest] == [post.post_id for post in posts]
    assert scene.states(posts[:4]) == ["taken_down"] * 4
    assert platform.acts(posts) == [1] * 4 + [0] * 4


def test_in_shadow_verdicts_are_recorded_and_reach_nobody_until_the_mode_acts(
    crew: Crew, judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    posts = texts.write(violating=2, ordinary=1)
    platform.hold(posts)
    scene.receive(posts)
    shadow = crew.start("judge_new_posts", "mode: shadow", SEKISHO_DATASET=scene.dataset)
    status, counts = shadow.sweep()
    assert (status, counts["mode"], counts["take_down"], counts["leave"]) == (200, "shadow", 2, 1)
    assert [row["acting"] for row in scene.rows("verdicts", posts)] == [False] * 3
    assert scene.queue(posts) == set()
    assert scene.steps(posts) == [[]] * 3
    assert platform.acts(posts) == [0] * 3
    assert shadow.sweep()[1].keys() == {"mode", "model_version", "left"}, "judged once is enough"

    status, counts = judge.sweep()
    assert (status, counts["take_down"], counts["taken_down"]) == (200, 2, 2)
    assert [row["acting"] for row in scene.rows("verdicts", posts)].count(True) == 3
    assert platform.acts(posts) == [1, 1, 0]
    assert "leave" not in shadow.sweep()[1], "an acting verdict counts in shadow too"


def test_in_review_people_find_it_in_the_queue_and_nothing_is_taken_down_even_later(
    crew: Crew, judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    posts = texts.write(violating=2, ordinary=1)
    platform.hold(posts)
    scene.receive(posts)
    review = crew.start("judge_new_posts", "mode: review", SEKISHO_DATASET=scene.dataset)
    assert review.sweep()[0] == 200
    assert scene.queue(posts) == {post.post_id for post in posts[:2]}
    assert judge.sweep()[0] == 200
    assert scene.steps(posts) == [[]] * 3, "what was left to people stays theirs when the mode changes"
    assert platform.acts(posts) == [0] * 3
    scene.answer(posts[0], Answer.VIOLATION)
    assert scene.queue(posts) == {posts[1].post_id}


def test_in_capped_mode_overlapping_runs_stay_within_the_cap_and_the_rest_is_queued(
    crew: Crew, scene: Scene, platform: Platform, texts: Texts, cloud: LocalCloud
) -> None:
    posts = texts.write(violating=7)
    platform.hold(posts)
    scene.receive(posts)
    capped = "mode: capped\nmax_takedowns_per_day: 3"
    with Line(cloud.url("bigquery"), before=Meeting(runs=2)) as line:
        judges = [
            crew.start(
                "judge_new_posts",
                capped,
                SEKISHO_DATASET=scene.dataset,
                BIGQUERY_EMULATOR_HOST=line.url,
                SEKISHO_MODEL_BUCKET=bucket,
            )
            for bucket in [Models.copied(cloud).bucket] * 2
        ]
        told = together([judge.sweep for judge in judges])
        assert [status for status, _ in told] == [200, 200]
        down = [post for post in posts if platform.is_down(post)]
        assert len(down) == 3
        assert sum(platform.acts(posts)) == 3
        assert sorted(scene.states(posts)) == ["held"] * 4 + ["taken_down"] * 3
        assert scene.queue(posts) == {post.post_id for post in posts} - {post.post_id for post in down}
        assert judges[0].sweep()[0] == 200
    assert sum(platform.acts(posts)) == 3


def test_what_a_person_answered_or_had_restored_is_never_taken_down_again_even_by_a_new_model(
    judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    labelled, restored = posts = texts.write(violating=2)
    platform.hold(posts)
    scene.receive(posts)
    scene.answer(labelled, Answer.OK)
    assert judge.sweep()[1]["taken_down"] == 1
    scene.answer(restored, Answer.OK)
    assert judge.sweep()[1]["restored"] == 1
    now = datetime.now(UTC)
    scene.verdicts.append(
        Verdict(
            post_id=post.post_id,
            revision=1,
            revised_at=post.revised_at,
            detector="bayes",
            model_version="bayes-20991231-ffffffffff",
            score=0.999,
            action=Action.TAKE_DOWN,
            violation_class="affiliate_lure",
            reasons=(),
            note="",
            mode=Mode.AUTO,
            judged_at=now,
        )
        for post in posts
    )
    scene.answer(restored, Answer.VIOLATION)  # not even by a person's second thought: that is the platform's
    status, counts = judge.sweep()
    assert status == 200
    assert counts.keys() == {"mode", "model_version", "left"}
    assert scene.steps([labelled]) == [[]]
    assert scene.states([restored]) == [TakedownState.RESTORED]
    assert platform.acts(posts) == [0, 1]
    assert not any(map(platform.is_down, posts))


def test_a_superseded_revision_is_judged_but_not_taken_down(
    judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    repented, worsened = posts = [texts.write(violating=1)[0], texts.write(ordinary=1)[0]]
    edited = [texts.revise(repented, texts.ordinary[0]), texts.revise(worsened, texts.violating[0])]
    platform.hold([*posts, *edited])
    scene.receive([*posts, *edited])
    assert judge.sweep()[0] == 200
    actions = {(row["post_id"], row["revision"]): row["action"] for row in scene.rows("verdicts", posts)}
    assert actions == {
        repented.key: "take_down",
        edited[0].key: "leave",
        worsened.key: "leave",
        edited[1].key: "take_down",
    }
    assert [(row["post_id"], row["revision"]) for row in scene.rows("takedowns_latest", posts)] == [
        edited[1].key
    ]
    assert [platform.is_down(post) for post in posts] == [False, True]


def test_posts_older_than_the_window_are_not_judged(
    judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    old = texts.write(violating=1, age=timedelta(days=3, minutes=2))
    young = texts.write(violating=1, age=timedelta(days=3) - timedelta(minutes=5))
    platform.hold(old + young)
    scene.receive(old + young)
    assert judge.sweep()[0] == 200
    assert [row["post_id"] for row in scene.rows("verdicts", old + young)] == [young[0].post_id]
    assert platform.acts(old + young) == [0, 1]


def test_in_a_dry_run_nothing_reaches_the_platform_and_people_find_it_in_the_queue(
    crew: Crew, scene: Scene, platform: Platform, texts: Texts
) -> None:
    posts = texts.write(violating=1)
    platform.hold(posts)
    scene.receive(posts)
    judge = crew.start("judge_new_posts", SEKISHO_DATASET=scene.dataset, SEKISHO_TAKEDOWNS="dry_run")
    assert judge.sweep()[0] == 200
    assert scene.steps(posts) == [["dry_run"]], "no call is on its way"
    assert scene.queue(posts) == {posts[0].post_id}
    assert platform.acts(posts) == [0]


def test_posts_that_read_like_an_attack_are_judged_and_stop_nobody(
    judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    bodies = ["", "<" * 50_000, "\u200b" * 1_000, "😀" * 1_000, "<p>" * 5_000, "あ" * 1_000_000]
    strange = [
        replace(post, title="", body=body)
        for post, body in zip(texts.write(ordinary=len(bodies)), bodies, strict=True)
    ]
    (violating,) = texts.write(violating=1, age=timedelta(minutes=1))
    platform.hold([violating])
    scene.receive([*strange, violating])
    status, counts = judge.sweep()
    assert (status, counts["taken_down"]) == (200, 1)
    assert len(scene.rows("verdicts", strange)) == len(bodies)


def test_a_tampered_model_judges_nothing_and_takes_nothing_down(
    crew: Crew, judge: Served, scene: Scene, platform: Platform, texts: Texts, cloud: LocalCloud
) -> None:
    posts = texts.write(violating=1)
    platform.hold(posts)
    scene.receive(posts)
    tampered = Models.copied(cloud, tampered_with)
    misled = crew.start(
        "judge_new_posts", SEKISHO_DATASET=scene.dataset, SEKISHO_MODEL_BUCKET=tampered.bucket
    )
    status, told = misled.sweep()
    assert (status, told["kind"]) == (500, "ModelUntrusted")
    assert tampered.bucket in told["error"]
    assert "seal does not match" in told["error"]
    assert scene.rows("verdicts", posts) == []
    assert platform.acts(posts) == [0]
    assert judge.sweep()[0] == 200
    assert platform.acts(posts) == [1], "once the model is right"


def test_a_model_of_another_installation_judges_nothing(
    crew: Crew, judge: Served, scene: Scene, platform: Platform, texts: Texts
) -> None:
    posts = texts.write(violating=1)
    platform.hold(posts)
    scene.receive(posts)
    misled = crew.start("judge_new_posts", SEKISHO_DATASET=scene.dataset, SEKISHO_MODEL_KEY="k" * 32)
    status, told = misled.sweep()
    assert (status, told["kind"]) == (500, "ModelUntrusted")
    assert "another SEKISHO_MODEL_KEY" in told["error"]
    assert scene.rows("verdicts", posts) == []
    assert platform.acts(posts) == [0]
    assert judge.sweep()[0] == 200
    assert platform.acts(posts) == [1], "once the model is right"


def test_without_a_model_the_sweep_says_to_train_first(crew: Crew, scene: Scene, cloud: LocalCloud) -> None:
    judge = crew.start(
        "judge_new_posts", SEKISHO_DATASET=scene.dataset, SEKISHO_MODEL_BUCKET=Models.empty(cloud).bucket
    )
    status, told = judge.sweep()
    assert (status, told["kind"]) == (500, "ModelMissing")
    assert "train_spam_model" in told["error"]
