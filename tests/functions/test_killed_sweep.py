"""A sweep killed anywhere loses no post and takes none down twice: the next goes on from what is recorded.

Each judge here is a real process group under functions-framework. Its way to the platform, or to BigQuery,
leads through a line of the test, which kills it with SIGKILL while a request is on that line.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import requests

from infra.local.cloud import LocalCloud
from shared.spam.enforcement import BATCH
from shared.spam.posts import Post
from tests.functions.line import Killer, Line, asks
from tests.functions.stage import Crew, Platform, Scene, Served, Texts

a_takedown = asks("POST", "/api/v1/posts/", "/takedown")
verdicts_written = asks("POST", "/tables/verdicts/insertAll")
requests_written = asks("POST", "/tables/takedowns/insertAll")


@dataclass(frozen=True)
class Theatre:
    """Where judges are killed, and the one that comes after them."""

    cloud: LocalCloud
    platform: Platform
    scene: Scene
    crew: Crew
    next_judge: Served

    def kill_a_judge(self, killer: Killer, *, target: str, variable: str, is_answered: bool) -> None:
        """Sweeps with a judge that `killer` kills: before forwarding, or with the answer (`is_answered`)."""
        line = Line(target, after=killer) if is_answered else Line(target, before=killer)
        with line:
            judge = self.crew.start(
                "judge_new_posts", **{variable: line.url, "SEKISHO_DATASET": self.scene.dataset}
            )
            killer.group = judge.group
            with pytest.raises(requests.ConnectionError):
                judge.post()
            assert killer.has_killed.is_set()

    def kill_at_takedown(self, number: int, *, is_answered: bool) -> None:
        """Kills a judge at its `number`-th takedown call."""
        self.kill_a_judge(
            Killer(a_takedown, number),
            target=self.platform.url,
            variable="SEKISHO_PLATFORM_URL",
            is_answered=is_answered,
        )

    def kill_at_insert(self, matches: Callable[[bytes], bool], *, is_answered: bool) -> None:
        """Kills a judge as it writes to BigQuery."""
        self.kill_a_judge(
            Killer(matches, 1),
            target=self.cloud.url("bigquery"),
            variable="BIGQUERY_EMULATOR_HOST",
            is_answered=is_answered,
        )

    def check_next_sweep(self, violating: list[Post]) -> None:
        """The next judge leaves each of `violating` taken down exactly once, with one verdict each."""
        status, counts = self.next_judge.sweep()
        assert (status, counts["left"]) == (200, 0)
        assert self.platform.acts(violating) == [1] * len(violating)
        assert all(map(self.platform.is_down, violating))
        assert self.scene.states(violating) == ["taken_down"] * len(violating)
        assert self.scene.steps(violating) == [["requested", "taken_down"]] * len(violating)
        status, counts = self.next_judge.sweep()
        assert (status, "taken_down" in counts) == (200, False), "nothing is left for a third"


@pytest.fixture(scope="module")
def next_judge(module_crew: Crew, module_scene: Scene) -> Served:
    return module_crew.start("judge_new_posts", SEKISHO_DATASET=module_scene.dataset)


@pytest.fixture
def theatre(
    cloud: LocalCloud, platform: Platform, module_scene: Scene, crew: Crew, next_judge: Served
) -> Theatre:
    return Theatre(cloud, platform, module_scene, crew, next_judge)


@pytest.mark.parametrize("number", [1, 2, 4], ids=["first", "middle", "last"])
def test_killed_between_recorded_and_called_each_post_is_taken_down_once(
    theatre: Theatre, texts: Texts, number: int
) -> None:
    violating, ordinary = (posts := texts.write(violating=4, ordinary=2))[:4], posts[4:]
    theatre.platform.hold(posts)
    theatre.scene.receive(posts)
    theatre.kill_at_takedown(number, is_answered=False)
    # It was recorded that all are about to be called for, the call of this one never got there.
    assert theatre.scene.steps(violating) == [["requested"]] * 4
    assert theatre.platform.acts(violating) == [1] * (number - 1) + [0] * (4 - number + 1)
    theatre.check_next_sweep(violating)
    assert theatre.platform.acts(ordinary) == [0, 0]


@pytest.mark.parametrize("number", [1, 2, 4], ids=["first", "middle", "last"])
def test_killed_between_called_and_outcome_recorded_each_post_is_taken_down_once(
    theatre: Theatre, texts: Texts, number: int
) -> None:
    violating, ordinary = (posts := texts.write(violating=4, ordinary=2))[:4], posts[4:]
    theatre.platform.hold(posts)
    theatre.scene.receive(posts)
    theatre.kill_at_takedown(number, is_answered=True)
    # The platform acted on this one, and nobody lived to write that down.
    assert theatre.scene.steps(violating) == [["requested"]] * 4
    assert theatre.platform.acts(violating) == [1] * number + [0] * (4 - number)
    theatre.check_next_sweep(violating)
    assert theatre.platform.acts(ordinary) == [0, 0]


def test_killed_in_the_second_batch_the_first_stays_recorded(theatre: Theatre, texts: Texts) -> None:
    violating = texts.write(violating=BATCH + 2)
    theatre.platform.hold(violating)
    theatre.scene.receive(violating)
    theatre.kill_at_takedown(BATCH + 2, is_answered=True)
    assert theatre.scene.steps(violating) == [["requested", "taken_down"]] * BATCH + [["requested"]] * 2
    assert theatre.platform.acts(violating) == [1] * (BATCH + 2)
    theatre.check_next_sweep(violating)


@pytest.mark.parametrize("is_answered", [False, True], ids=["before", "after"])
def test_killed_while_verdicts_are_written_every_post_is_judged_and_taken_down_once(
    theatre: Theatre, texts: Texts, is_answered: bool
) -> None:
    posts = texts.write(violating=3, ordinary=2)
    theatre.platform.hold(posts)
    theatre.scene.receive(posts)
    theatre.kill_at_insert(verdicts_written, is_answered=is_answered)
    assert len(theatre.scene.rows("verdicts", posts)) == (5 if is_answered else 0)
    assert theatre.scene.steps(posts[:3]) == [[]] * 3
    assert theatre.platform.acts(posts) == [0] * 5
    theatre.check_next_sweep(posts[:3])
    assert len(theatre.scene.rows("verdicts", posts)) == 5
    assert theatre.platform.acts(posts[3:]) == [0, 0]


@pytest.mark.parametrize("is_answered", [False, True], ids=["before", "after"])
def test_killed_while_requests_are_recorded_each_post_is_taken_down_once(
    theatre: Theatre, texts: Texts, is_answered: bool
) -> None:
    posts = texts.write(violating=3)
    theatre.platform.hold(posts)
    theatre.scene.receive(posts)
    theatre.kill_at_insert(requests_written, is_answered=is_answered)
    assert theatre.scene.steps(posts) == [["requested"] if is_answered else []] * 3
    assert theatre.platform.acts(posts) == [0] * 3
    theatre.check_next_sweep(posts)
