"""Training that takes its counts from BigQuery: the same filter, and a challenger that says why it rests."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from infra.local.cloud import LocalCloud
from shared.gcp.queries import read_rows
from shared.gcp.token_table import TokenTable
from shared.spam.evidence import example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.tokens import Tokenizer
from tests.functions.conftest import Lesson
from tests.functions.stage import Crew, Models, Scene


def tokenise(lesson: Lesson, scene: Scene, features: Sequence[str]) -> None:
    """Fills post_tokens, as the query does with the remote function's help."""
    reader = Featurizer(features, Tokenizer())
    answered = {(label.post_id, label.revision) for label in lesson.labels}
    examples = (
        example(LabelledPost(post, Answer.OK, "", Source.QUEUE), reader)
        for post in lesson.posts
        if post.key in answered
    )
    tokens = ((one.labelled.label, one.ids) for one in examples)
    table = TokenTable(scene.client, scene.dataset)
    assert table.load(tokens, features, datetime.now(UTC), f"tokens-{uuid.uuid4().hex}")


def test_counts_from_bigquery_make_the_model_that_days_make(
    cloud: LocalCloud, lesson: Lesson, crew: Crew, main_scene: Scene
) -> None:
    models = Models.empty(cloud)
    source = {"SEKISHO_COUNTS": "bigquery", "SEKISHO_MODEL_BUCKET": models.bucket}
    trainer = crew.start("train_spam_model", **source)
    today, yesterday = ({"today": (lesson.today - timedelta(days=n)).isoformat()} for n in range(2))
    told = trainer.post(yesterday).json()
    assert (told["outcome"], told["labelled"]) == ("refused", 0), "nothing is tokenised yet"
    assert told["reason"].startswith("too few labels")

    tokenise(lesson, main_scene, DEFAULT_FEATURES)
    told = trainer.post(today).json()
    known = ("outcome", "model_version", "labelled", "unlabelled")
    assert {name: told[name] for name in known} == {name: lesson.told[name] for name in known}
    assert models.store.current().version == lesson.told["model_version"]

    challenger = told["challenger"]
    assert challenger["outcome"] == "refused"
    assert challenger["reason"].startswith("not taught: expected the tokens of every post one by one")
    sql = "SELECT reason FROM model_reports WHERE report_id = @report_id"
    rows = read_rows(main_scene.client, main_scene.dataset, sql, report_id=challenger["report_id"])
    assert challenger["reason"] in {row["reason"] for row in rows}


def test_training_counts_the_tokens_of_the_features_it_is_set_to(
    cloud: LocalCloud, lesson: Lesson, crew: Crew, main_scene: Scene
) -> None:
    models = Models.empty(cloud)
    source = {"SEKISHO_COUNTS": "bigquery", "SEKISHO_MODEL_BUCKET": models.bucket}
    trainer = crew.start("train_spam_model", SEKISHO_FEATURES="structure,words", **source)
    today, yesterday = ({"today": (lesson.today - timedelta(days=n)).isoformat()} for n in range(2))
    told = trainer.post(yesterday).json()
    assert (told["outcome"], told["labelled"]) == ("refused", 0), "only other features are tokenised"

    tokenise(lesson, main_scene, ("words", "structure"))
    told = trainer.post(today).json()
    assert (told["outcome"], told["labelled"]) == ("promoted", lesson.told["labelled"])
    assert models.store.load(told["model_version"]).manifest["features"] == ["words", "structure"]
