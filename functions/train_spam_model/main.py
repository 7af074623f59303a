"""Daily: labelled posts of the window -> a model -> Cloud Storage, promoted only if good enough."""

import json
import logging
from datetime import UTC, date, datetime, timedelta

import flask
import functions_framework

from shared import settings
from shared.errors import BadEvent, BadModel, ModelMissing, TrainingRefused
from shared.gcp import clients
from shared.gcp.model_store import Current, ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.gcp.report_table import ReportTable
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.evidence import Evidence, TrainingRules, Window, example
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.gate import refuse_older
from shared.spam.model import Model, model_files
from shared.spam.passport import passport_of, report_of
from shared.spam.tokens import Tokenizer
from shared.spam.training import train

log = logger("train_spam_model")


@functions_framework.http
def train_spam_model(request: flask.Request) -> Reply:
    """Train on the window before today, or before `{"today": "2026-11-22"}`."""
    return replied(log, lambda: _train(_today(request), datetime.now(UTC)))


def _train(today: date, now: datetime) -> Reply:
    # gather
    cloud, models = settings.cloud(), settings.models()
    rules = _rules()
    window = Window.before(today, rules)
    bigquery = clients.bigquery_client(cloud)
    store = ModelStore(ObjectStore(clients.storage_client(cloud), models.bucket), models.key)
    before = store.current()
    serving = _serving(store, before)
    words = settings.words()
    featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer(words.dictionary, words.user_dictionary))
    evidence = _evidence(PostTable(bigquery, cloud.dataset), window, featurizer)
    # decide
    passport, reason = None, ""
    try:
        refuse_older(window, serving)
        trained = train(evidence, featurizer, rules, serving)
    except TrainingRefused as error:
        reason = str(error)
    # act
    else:
        unusable = "" if serving else before.version or ""
        passport = passport_of(trained, window, now, settings.code_revision(), unusable)
        if passport["version"] != before.version:
            files = model_files(trained.final, trained.examined, passport, models.key)
            store.save(passport["version"], files)
            store.promote(passport["version"], before, now)
    report = report_of(passport, before.version, reason, window, now)
    ReportTable(bigquery, cloud.dataset).append(report)
    log.log(logging.WARNING if reason else logging.INFO, "training ended", extra={"facts": report})
    return reply(200, {**report, "labelled": len(evidence.examples), "unlabelled": evidence.unlabelled})


def _serving(store: ModelStore, before: Current) -> Model | None:
    """The serving model as it was examined. One that can't be opened is told, and not kept for that."""
    try:
        if before.damage:
            raise BadModel(before.damage)
        if before.version is None:
            return None
        store.load(before.version)  # what judges must open too, or it is not serving anybody
        return store.load_examined(before.version)
    except (BadModel, ModelMissing) as error:
        log.error("the serving model can't be compared with", extra={"facts": {"error": str(error)}})
        return None


def _rules() -> TrainingRules:
    return TrainingRules(
        window_days=settings.training_window_days(),
        lag_days=settings.training_lag_days(),
        take_down_precision=settings.take_down_precision(),
        margin=settings.training_margin(),
    )


def _evidence(posts: PostTable, window: Window, featurizer: Featurizer) -> Evidence:
    days = window.start, window.end, settings.time_zone()
    examples = [example(labelled, featurizer) for labelled in posts.labelled(*days)]
    patrolled, patrolled_violations = posts.patrol(*days)
    return Evidence(
        examples=examples,
        unlabelled=posts.count(*days) - len(examples),
        patrolled=patrolled,
        patrolled_violations=patrolled_violations,
    )


def _today(request: flask.Request) -> date:
    body = request.get_data()  # whatever content type it was sent as
    try:
        told = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise BadEvent('body: expected nothing or {"today": "2026-11-22"}, came no JSON') from error
    if not isinstance(told, dict) or told.keys() - {"today"}:
        raise BadEvent('body: expected nothing or {"today": "2026-11-22"}, came other fields')
    told = told.get("today")
    real = datetime.now(settings.time_zone()).date()
    if told is None:
        return real
    try:
        today = date.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise BadEvent(f"today: expected a date such as 2026-11-22, came {told!r}", field="today") from error
    newest = real + timedelta(days=settings.training_lag_days() + 1)
    if today > newest:  # every training until then would be refused as older than what this one promotes
        raise BadEvent(
            f"today: expected {newest} at most, so that the window is over, came {today}", field="today"
        )
    return today
