"""The platform fails in every way it can: no takedown is lost, made twice, or called done before it is."""

from collections.abc import Iterator

import pytest

from shared.spam.posts import Post
from tests.functions.stage import Crew, Platform, Scene, Served, Texts


@pytest.fixture(scope="module")
def judge(module_crew: Crew, module_scene: Scene) -> Served:
    return module_crew.start("judge_new_posts", SEKISHO_DATASET=module_scene.dataset)


@pytest.fixture(autouse=True)
def mended(platform: Platform) -> Iterator[None]:
    yield
    platform.mend()


def arrive(posts: list[Post], platform: Platform, scene: Scene) -> list[Post]:
    platform.hold(posts)
    scene.receive(posts)
    return posts


def test_a_takedown_without_a_usable_answer_is_still_due_and_made_once_by_the_next_sweep(
    judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=4), platform, module_scene)
    for kind in ("500", "in_progress", "429"):  # the three attempts of the first takedown
        platform.fail("takedown", kind, retry_after="0")
    for kind in ("500_after_acting", "malformed", "drop_after_acting"):  # and those of the second
        platform.fail("takedown", kind)
    status, counts = judge.sweep()
    assert (status, counts["unavailable"], counts["taken_down"], counts["left"]) == (503, 2, 2, 2)
    assert platform.ask("GET", "faults") == {}, "all of them were met"
    assert module_scene.steps(posts) == [["requested", "unavailable"]] * 2 + [["requested", "taken_down"]] * 2
    assert platform.acts(posts) == [0, 1, 1, 1]
    status, counts = judge.sweep()
    assert (status, counts["taken_down"], counts["left"]) == (200, 2, 0)
    assert module_scene.states(posts) == ["taken_down"] * 4
    assert platform.acts(posts) == [1] * 4


def test_a_fault_that_passes_is_waited_for_within_the_sweep(
    judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=1), platform, module_scene)
    platform.fail("takedown", "500", 2)
    status, counts = judge.sweep()
    assert (status, counts["taken_down"], counts["left"]) == (200, 1, 0)
    assert module_scene.steps(posts) == [["requested", "taken_down"]]


def test_asked_to_wait_longer_than_a_sweep_can_it_leaves_the_takedown_to_the_next(
    judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=1), platform, module_scene)
    platform.fail("takedown", "429", 2, retry_after="600")
    assert judge.sweep()[0] == 503
    assert platform.ask("GET", "faults") == {"takedown": ["429"]}, "asked once, as it was told to wait"
    platform.mend()
    assert judge.sweep()[0] == 200
    assert platform.acts(posts) == [1]


def test_an_outage_ends_the_sweep_early_and_the_next_goes_on_where_it_stood(
    judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=6), platform, module_scene)
    platform.fail("takedown", "429", 1_000, retry_after="600")
    status, counts = judge.sweep()
    assert (status, counts["unavailable"], counts["left"]) == (503, 3, 6)
    assert module_scene.steps(posts) == [["requested", "unavailable"]] * 3 + [["requested"]] * 3
    assert platform.acts(posts) == [0] * 6
    platform.mend()
    status, counts = judge.sweep()
    assert (status, counts["taken_down"], counts["left"]) == (200, 6, 0)
    assert platform.acts(posts) == [1] * 6


def test_a_post_the_platform_does_not_have_is_refused_and_not_asked_for_again(
    judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    unknown, deleted, there = posts = texts.write(violating=3)
    arrive([deleted, there], platform, module_scene)
    module_scene.receive([unknown])
    platform.ask("DELETE", f"posts/{deleted.post_id}")
    status, counts = judge.sweep()
    assert (status, counts["refused"], counts["taken_down"], counts["left"]) == (200, 2, 1, 0)
    assert module_scene.states(posts) == ["refused", "refused", "taken_down"]
    details = [row["detail"] for row in module_scene.rows("takedowns_latest", posts)]
    assert details == ["HTTP 404 not_found", "HTTP 410 deleted", ""]
    platform.fail("takedown", "500")
    assert judge.sweep()[0] == 200
    assert platform.ask("GET", "faults") == {"takedown": ["500"]}, "nobody called"
    assert module_scene.queue(posts) == {unknown.post_id, deleted.post_id}


def test_a_wrong_token_stops_the_sweep_and_refuses_nothing(
    judge: Served, module_crew: Crew, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=2), platform, module_scene)
    stranger = module_crew.start(
        "judge_new_posts", SEKISHO_DATASET=module_scene.dataset, SEKISHO_PLATFORM_TOKEN="wrong"
    )
    status, told = stranger.sweep()
    assert (status, told["kind"]) == (500, "ConfigError")
    assert told["error"].startswith("SEKISHO_PLATFORM_TOKEN: ")
    assert "wrong" not in told["error"].replace("is wrong", ""), "the token itself is not told"
    assert module_scene.steps(posts) == [["requested"]] * 2
    assert judge.sweep()[0] == 200
    assert module_scene.states(posts) == ["taken_down"] * 2
    assert platform.acts(posts) == [1, 1]


def test_a_platform_that_is_slow_is_asked_again_and_a_run_out_of_time_leaves_the_rest_to_the_next(
    module_crew: Crew, judge: Served, platform: Platform, module_scene: Scene, texts: Texts
) -> None:
    posts = arrive(texts.write(violating=3), platform, module_scene)
    hurried = module_crew.start(
        "judge_new_posts", SEKISHO_DATASET=module_scene.dataset, SEKISHO_RUN_SECONDS="10"
    )
    platform.fail("takedown", "timeout", seconds=11)  # longer than one attempt, and than the run
    status, counts = hurried.sweep()
    assert (status, counts["taken_down"], counts["left"]) == (503, 1, 2)
    assert platform.acts(posts) == [1, 0, 0]
    assert judge.sweep()[0] == 200
    assert platform.acts(posts) == [1, 1, 1]
