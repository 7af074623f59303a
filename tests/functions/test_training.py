"""Daily training: what it learns from, when it promotes; the serving model outlives every failure."""

import json
import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from infra.local.cloud import LocalCloud
from shared.gcp.queries import read_rows
from shared.spam.evidence import TrainingRules
from shared.spam.features import FEATURES
from shared.spam.labels import Answer
from tests.functions.conftest import Lesson
from tests.functions.line import Killer, Line
from tests.functions.stage import Crew, Models, Scene, Texts, label_of


def reports(scene: Scene, outcome: str, window_end: str, detector: str = "bayes") -> list[tuple[str, str]]:
    sql = (
        "SELECT reason, model_version FROM model_reports "
        "WHERE outcome = @outcome AND window_end = DATE(@window_end) AND detector = @detector"
    )
    rows = read_rows(
        scene.client, scene.dataset, sql, outcome=outcome, window_end=window_end, detector=detector
    )
    return [(row["reason"], row["model_version"]) for row in rows]


def test_a_good_model_is_promoted_with_its_passport(cloud: LocalCloud, lesson: Lesson) -> None:
    store = Models(cloud).store
    version = lesson.told["model_version"]
    assert store.current().version == version
    manifest = store.load(version).manifest
    assert manifest["window"] == {"start": lesson.told["window_start"], "end": lesson.told["window_end"]}
    assert manifest["figures"]["bayes"]["average_precision"] > 0.5
    assert manifest["figures"]["banned_words"]["average_precision"] > 0
    assert manifest["base_rate"]["source"] == "patrol"


def test_only_posts_of_the_window_teach_and_unlabelled_ones_are_counted(
    lesson: Lesson, cloud: LocalCloud
) -> None:
    answered = {(label.post_id, label.revision) for label in lesson.labels}
    inside = [post for post in lesson.posts if lesson.is_in_window(post)]
    assert {post.post_id for post in inside if post.post_id.startswith("edge-")} == {"edge-1", "edge-2"}
    labelled = sum(post.key in answered for post in inside)
    assert (lesson.told["labelled"], lesson.told["unlabelled"]) == (labelled, len(inside) - labelled)
    counts = Models(cloud).store.load(lesson.told["model_version"]).manifest["counts"]
    assert (counts["labelled"], counts["unlabelled"]) == (labelled, len(inside) - labelled)


def test_the_same_posts_again_change_nothing(cloud: LocalCloud, lesson: Lesson, main_scene: Scene) -> None:
    before = Models(cloud).store.current()
    response = cloud.post("train_spam_model", {"today": lesson.today.isoformat()})
    assert (response.status_code, response.json()["outcome"]) == (200, "unchanged")
    assert response.json()["model_version"] == before.version
    assert Models(cloud).store.current() == before
    assert len(reports(main_scene, "unchanged", lesson.told["window_end"])) == 1


def test_too_few_labels_are_refused_and_the_serving_model_stays(
    cloud: LocalCloud, lesson: Lesson, crew: Crew, scene: Scene
) -> None:
    before = Models(cloud).store.current()
    told = crew.start("train_spam_model", SEKISHO_DATASET=scene.dataset).post().json()
    assert told["outcome"] == "refused"
    assert told["reason"].startswith("too few labels: expected at least 50 posts labelled violation")
    assert told["model_version"] == before.version
    assert Models(cloud).store.current() == before
    assert reports(scene, "refused", told["window_end"]) == [(told["reason"], before.version)]


@pytest.mark.parametrize("body", [b'{"tod', b"[]", b'{"tooday": "2026-01-10"}', b"\xff"])
def test_a_body_that_can_not_be_meant_is_400_and_trains_nothing(cloud: LocalCloud, body: bytes) -> None:
    url = cloud.function_url("train_spam_model")
    assert requests.post(url, data=body, timeout=60).status_code == 400


def test_a_day_is_understood_whatever_content_type_it_comes_as(cloud: LocalCloud, lesson: Lesson) -> None:
    body = json.dumps({"today": (lesson.today - timedelta(days=1)).isoformat()})
    told = requests.post(cloud.function_url("train_spam_model"), data=body, timeout=300).json()
    assert told["window_end"] == (lesson.today - timedelta(days=1 + TrainingRules().lag_days)).isoformat()


def test_a_day_far_ahead_is_refused_for_it_would_end_training_until_then(
    cloud: LocalCloud, lesson: Lesson
) -> None:
    response = cloud.post("train_spam_model", {"today": (lesson.today + timedelta(days=30)).isoformat()})
    assert (response.status_code, response.json()["field"]) == (400, "today")


def test_a_serving_model_that_can_not_be_opened_is_replaced_by_the_next_training(
    cloud: LocalCloud, lesson: Lesson, crew: Crew
) -> None:
    models = Models.copied(cloud, lambda content: content[:-1])
    before = models.store.current()
    trainer = crew.start("train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket)
    told = trainer.post({"today": lesson.today.isoformat()}).json()
    assert told["outcome"] == "promoted"
    after = models.store.current()
    assert after.version not in (None, before.version)
    assert models.store.load(str(after.version)).version == after.version


def test_other_features_make_the_next_model_and_the_serving_one_serves_until_then(
    cloud: LocalCloud, lesson: Lesson, crew: Crew
) -> None:
    models, today = Models.copied(cloud), {"today": lesson.today.isoformat()}
    before = models.store.current()
    wrong = crew.start(
        "train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket, SEKISHO_FEATURES="words,wrods"
    ).post(today)
    assert (wrong.status_code, wrong.json()["kind"]) == (500, "ConfigError")
    assert wrong.json()["error"].startswith("SEKISHO_FEATURES: expected some of words, ")
    assert models.store.current() == before
    told = (
        crew.start("train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket, SEKISHO_FEATURES="structure,words")
        .post(today)
        .json()
    )
    assert told["outcome"] == "promoted", told
    after = models.store.current().version
    assert after not in (None, before.version)
    assert models.store.load(str(after)).manifest["features"] == ["words", "structure"]
    assert models.store.load(str(before.version)).manifest["features"] == list(FEATURES)


def test_a_number_of_wrong_takedowns_a_day_is_asked_for_alone(
    cloud: LocalCloud, lesson: Lesson, crew: Crew
) -> None:
    models = Models.empty(cloud)
    trainer = crew.start(
        "train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket, SEKISHO_MAX_WRONG_TAKEDOWNS_PER_DAY="3"
    )
    told = trainer.post({"today": lesson.today.isoformat()}).json()
    alone = models.store.load(told["model_version"]).manifest["rules"]
    assert (alone["take_down_precision"], alone["max_wrong_takedowns_per_day"]) == (None, 3.0)
    usual = Models(cloud).store.load(lesson.told["model_version"]).manifest["rules"]
    assert (usual["take_down_precision"], usual["max_wrong_takedowns_per_day"]) == (0.9, None)


def test_a_model_that_cannot_tell_is_refused_and_the_serving_model_stays(
    cloud: LocalCloud, crew: Crew, scene: Scene, texts: Texts
) -> None:
    before = Models(cloud).store.current()
    posts = texts.write(ordinary=300, age=timedelta(days=20))
    posts = [replace(post, revised_at=post.revised_at + timedelta(hours=n)) for n, post in enumerate(posts)]
    dice = random.Random(1)
    labels = [label_of(post, dice.choice(list(Answer))) for post in posts]
    scene.posts.load(posts, datetime.now(UTC), f"posts-{uuid.uuid4().hex}")
    scene.labels.load(labels, f"labels-{uuid.uuid4().hex}")
    told = crew.start("train_spam_model", SEKISHO_DATASET=scene.dataset).post().json()
    assert (told["outcome"], told["reason"].partition(":")[0]) == ("refused", "degenerate")
    assert Models(cloud).store.current() == before
    assert reports(scene, "refused", told["window_end"]) == [(told["reason"], before.version)]


def test_a_window_older_than_the_serving_models_is_refused(cloud: LocalCloud, lesson: Lesson) -> None:
    before = Models(cloud).store.current()
    response = cloud.post("train_spam_model", {"today": (lesson.today - timedelta(days=1)).isoformat()})
    assert (response.status_code, response.json()["outcome"]) == (200, "refused")
    assert response.json()["reason"].startswith(f"older than the serving model {before.version}")
    assert Models(cloud).store.current() == before


@pytest.mark.parametrize("today", ["yesterday", "2026-13-01", 20261122, ["2026-11-22"], ""])
def test_a_day_that_is_none_is_400(cloud: LocalCloud, today: object) -> None:
    response = cloud.post("train_spam_model", {"today": today})
    assert (response.status_code, response.json()["field"]) == (400, "today")


def test_of_two_trainings_at_once_one_wins_and_the_other_can_be_run_again(
    cloud: LocalCloud, crew: Crew, lesson: Lesson
) -> None:
    models = Models.empty(cloud)
    direct = crew.start("train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket)
    yesterday = {"today": (lesson.today - timedelta(days=1)).isoformat()}
    winner: list[str] = []

    def overtake(request: bytes) -> None:
        """When the first training is about to move current.json, the second one runs from start to end."""
        if request.startswith(b"POST ") and b"current.json" in request and not winner:
            told = direct.post({"today": lesson.today.isoformat()}).json()
            assert told["outcome"] == "promoted"
            winner.append(told["model_version"])

    with Line(cloud.url("storage"), before=overtake) as line:
        overtaken = crew.start(
            "train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket, STORAGE_EMULATOR_HOST=line.url
        )
        lost = overtaken.post(yesterday)
        assert winner, "the second training ran while the first was under way"
        assert (lost.status_code, "a training ran at the same time" in lost.text) == (503, True)
        assert models.store.current().version == winner[0]
        assert models.store.load(winner[0]).version == winner[0]
        assert models.store.load_examined(winner[0]).version == winner[0]
        again = overtaken.post(yesterday).json()
    assert (again["outcome"], again["reason"].startswith("older than")) == ("refused", True)
    assert models.store.current().version == winner[0]


def test_killed_before_the_promotion_nothing_serves_until_the_same_training_finishes_it(
    cloud: LocalCloud, crew: Crew, lesson: Lesson
) -> None:
    models = Models.empty(cloud)
    killer = Killer(lambda request: request.startswith(b"POST ") and b"current.json" in request, 1)
    today = {"today": lesson.today.isoformat()}
    with Line(cloud.url("storage"), before=killer) as line:
        doomed = crew.start(
            "train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket, STORAGE_EMULATOR_HOST=line.url
        )
        killer.group = doomed.group
        with pytest.raises(requests.ConnectionError):
            doomed.post(today)
    assert killer.has_killed.is_set()
    assert models.store.current().version is None
    again = crew.start("train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket).post(today).json()
    assert (again["outcome"], models.store.current().version) == ("promoted", again["model_version"])
    assert models.store.load(again["model_version"]).version == again["model_version"]


def test_a_pointer_to_a_version_that_is_not_there_is_moved_to_one_that_is(
    cloud: LocalCloud, crew: Crew, lesson: Lesson
) -> None:
    models = Models.empty(cloud)
    models.store.promote("bayes-20200101-gone", models.store.current(), datetime.now(UTC))
    trainer = crew.start("train_spam_model", SEKISHO_MODEL_BUCKET=models.bucket)
    told = trainer.post({"today": lesson.today.isoformat()}).json()
    assert told["outcome"] == "promoted"
    assert models.store.load(str(models.store.current().version)).version == told["model_version"]
