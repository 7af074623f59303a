"""The stage of these tests: one cloud with a trained model, the platform, and what a test adds of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.local.cloud import LocalCloud
from infra.local.processes import Processes
from infra.local.sample.posts import SampleSizes, sample_posts
from infra.local.sample.reviewers import sample_reviews
from infra.package import function_names
from shared.gcp.queries import midnight
from shared.spam.detectors.learnt import LearntDetector
from shared.spam.labels import Answer, ReviewLabel
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from tests.functions.kpi_stage import Watch
from tests.functions.stage import MARKER, Crew, Models, Platform, Scene, Texts

TOKYO = ZoneInfo("Asia/Tokyo")
LAG_DAYS, WINDOW_DAYS = 5, 60


@dataclass(frozen=True)
class Lesson:
    """What the serving model was taught: everything stored, and what the training function told."""

    today: date
    posts: tuple[Post, ...]
    labels: tuple[ReviewLabel, ...]
    told: dict[str, Any]

    def is_in_window(self, post: Post) -> bool:
        """Whether the post is of the 60 days that end 5 days ago, in Tokyo."""
        end = self.today - timedelta(days=LAG_DAYS)
        start = end - timedelta(days=WINDOW_DAYS)
        return midnight(start, TOKYO) <= post.revised_at < midnight(end, TOKYO)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is asked of every log is asked once all the others have written theirs.

    Where functions run from their archives, the smoke tests must call every one of them.
    """
    items.sort(key=lambda item: item.name == "test_no_post_text_is_in_any_log")
    called = {name for item in items for mark in item.iter_markers("smoke") for name in mark.args}
    if config.getoption("packaged") and (missed := set(function_names()) - called):
        raise pytest.UsageError(f"expected smoke tests of every function, came none of {sorted(missed)}")


@pytest.fixture(scope="session")
def lesson(local_cloud: LocalCloud) -> Lesson:
    """The cloud's model, trained once on 40 days that end before the days the sweep looks at."""
    now = datetime.now(UTC)
    today = now.astimezone(TOKYO).date()
    sample = sample_posts(
        SampleSizes(days=40, posts_per_day=100, violation_share=0.2, patrol_share=0.25),
        now - timedelta(days=4),
    )
    labels = list(sample_reviews(sample, now))
    # Four more on the edges of the window, all with an answer: the two inside it count.
    end = midnight(today - timedelta(days=LAG_DAYS), TOKYO)
    start = midnight(today - timedelta(days=LAG_DAYS + WINDOW_DAYS), TOKYO)
    blink = timedelta(microseconds=1)
    ordinary = {post.key: post for post in sample.posts if not sample.truth[post.key]}
    label = next(
        label for label in labels if label.answer is Answer.OK and (label.post_id, label.revision) in ordinary
    )
    answered = ordinary[label.post_id, label.revision]
    edges = [
        replace(answered, post_id=f"edge-{number}", revision=1, posted_at=at, revised_at=at)
        for number, at in enumerate((start - blink, start, end - blink, end))
    ]
    labels += [replace(label, label_id=f"label-{p.post_id}", post_id=p.post_id, revision=1) for p in edges]
    posts = [replace(post, body=MARKER + post.body) for post in (*sample.posts, *edges)]
    scene = Scene(local_cloud, local_cloud.settings.dataset)
    scene.posts.load(posts, now, "lesson-posts")
    scene.labels.load(labels, "lesson-labels")
    response = local_cloud.post("train_spam_model", {"today": today.isoformat()})
    assert response.status_code == 200, response.text
    assert response.json()["outcome"] == "promoted", response.text
    return Lesson(today, tuple(posts), tuple(labels), response.json())


@pytest.fixture(scope="session")
def cloud(local_cloud: LocalCloud, lesson: Lesson) -> LocalCloud:
    """The cloud with a model in service, in mode auto. Tests that share it use posts of their own."""
    return local_cloud


@pytest.fixture(scope="session")
def texts(cloud: LocalCloud) -> Texts:
    """Unseen posts about which the model is sure."""
    store = Models(cloud).store
    model = store.load(store.current().version or "")
    detector = LearntDetector(model, Tokenizer())
    unseen = sample_posts(SampleSizes(days=2, posts_per_day=100, violation_share=0.4), datetime.now(UTC), 99)
    marked = [
        replace(post, title=f"{MARKER} {post.title}", body=f"<p>{MARKER}</p>{post.body}", revision=1)
        for post in unseen.posts
    ]
    scored = [(detector.judge(post).score, post) for post in marked]
    take_down, review = model.thresholds.take_down, model.thresholds.review
    assert take_down
    assert review
    found = Texts(
        violating=[post for score, post in scored if score >= (1 + take_down) / 2],
        ordinary=[post for score, post in scored if score < review / 2],
    )
    assert len(found.violating) >= 3
    assert len(found.ordinary) >= 3
    return found


@pytest.fixture(scope="session")
def platform(cloud: LocalCloud) -> Platform:
    """The platform, which every test leaves without faults."""
    return Platform(cloud)


@pytest.fixture(scope="session")
def main_scene(cloud: LocalCloud) -> Scene:
    """The tables the cloud's own functions work with."""
    return Scene(cloud, cloud.settings.dataset)


@pytest.fixture
def scene(cloud: LocalCloud) -> Scene:
    """Tables of the test's own."""
    return Scene.set_up(cloud)


@pytest.fixture
def crew(cloud: LocalCloud, processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Functions of the test's own."""
    crew = Crew(cloud, processes, tmp_path_factory.mktemp("crew"))
    yield crew
    crew.stop()


@pytest.fixture(scope="module")
def module_scene(cloud: LocalCloud) -> Scene:
    """Tables the tests of a module share, with posts of their own."""
    return Scene.set_up(cloud)


@pytest.fixture(scope="module")
def module_crew(
    cloud: LocalCloud, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """Functions the tests of a module share."""
    crew = Crew(cloud, processes, tmp_path_factory.mktemp("crew"))
    yield crew
    crew.stop()


@pytest.fixture(scope="module")
def kpi_crew(
    local_cloud: LocalCloud, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """Functions the tests of a module share, of a cloud that needs no model."""
    crew = Crew(local_cloud, processes, tmp_path_factory.mktemp("crew"))
    yield crew
    crew.stop()


@pytest.fixture(scope="module")
def shared_watch(local_cloud: LocalCloud, kpi_crew: Crew, tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """What checks tables, for the tests of a module."""
    return Watch(local_cloud, kpi_crew, tmp_path_factory.mktemp("watch"))


@pytest.fixture
def watch(shared_watch: Watch) -> Watch:
    """A watched table of the test's own, with its one-line file and no rows yet."""
    shared_watch.begin()
    return shared_watch
