"""Daily: labelled posts of the window -> a model -> Cloud Storage, promoted only if good enough."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import flask
import functions_framework

from shared import settings
from shared.counting import Census
from shared.errors import BadEvent, BadModel, ModelMissing, TrainingRefused
from shared.gcp import clients
from shared.gcp.day_store import DayStore
from shared.gcp.model_store import Current, ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.gcp.report_table import ReportTable
from shared.gcp.token_table import TokenTable
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.evidence import Evidence, TrainingRules, Window
from shared.spam.features import Featurizer, features_named
from shared.spam.gate import refuse_older
from shared.spam.model import Model, model_files
from shared.spam.passport import passport_of, report_of
from shared.spam.tokens import Tokenizer
from shared.spam.training import Trained, train
from shared.studying import Study

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
    objects = ObjectStore(clients.storage_client(cloud), models.bucket)
    words = settings.words()
    named = features_named(settings.features(), "SEKISHO_FEATURES")
    featurizer = Featurizer(named, Tokenizer(words.dictionary, words.user_dictionary))
    posts, known = PostTable(bigquery, cloud.dataset), (featurizer, settings.time_zone(), log)
    source: Census | Study
    if settings.counts_source() == "bigquery":
        source = Census(posts, TokenTable(bigquery, cloud.dataset), *known)
    else:
        source = Study(posts, DayStore(objects, models.key), *known)
    evidence = source.evidence(window, rules)
    store, reports = ModelStore(objects, models.key), ReportTable(bigquery, cloud.dataset)
    run = _Run(store, reports, models.key, evidence, featurizer, rules, window, now)
    # decide and act
    champion, report = run.learn("bayes", None)
    _, challenger = run.learn("blend", champion)
    told = {"labelled": len(evidence.labels), "unlabelled": evidence.unlabelled, "challenger": challenger}
    return reply(200, {**report, **told})


@dataclass(frozen=True)
class _Run:
    """One day's training, of each filter in turn."""

    store: ModelStore
    reports: ReportTable
    key: bytes
    evidence: Evidence
    featurizer: Featurizer
    rules: TrainingRules
    window: Window
    now: datetime

    def learn(self, name: str, champion: Trained | None) -> tuple[Trained | None, dict[str, Any]]:
        """Learn the filter of that name and promote it if it is good enough; and what was reported of it."""
        store = self.store.of(name)
        before = store.current()
        serving = _serving(store, before)
        trained, passport, reason = None, None, ""
        try:
            refuse_older(self.window, serving)
            if name != "bayes" and champion is None:
                raise TrainingRefused("nothing to be compared with: this window's bayes was refused")
            trained = train(self.evidence, self.featurizer, self.rules, serving, name, champion)
        except TrainingRefused as error:
            reason = str(error)
        else:
            passport = self._keep(store, trained, "" if serving else before.version or "")
            if passport["version"] != before.version:
                store.promote(passport["version"], before, self.now)
            if withheld := passport["take_down_withheld"]:
                facts = {"detector": name, "model_version": passport["version"], "why": withheld}
                log.warning("the model takes nothing down", extra={"facts": facts})
        report = report_of(passport, before.version, reason, self.window, self.now, name)
        self.reports.append(report)
        log.log(logging.WARNING if reason else logging.INFO, "training ended", extra={"facts": report})
        return trained, report

    def _keep(self, store: ModelStore, trained: Trained, unusable: str) -> dict[str, Any]:
        """Keep what was learnt, under a version that can be opened; its passport.

        Files of a version are never changed: where an earlier run left it damaged, it gets another name.
        """
        passport = self._save(store, trained, unusable)
        try:
            store.load(passport["version"])
        except (BadModel, ModelMissing) as error:
            log.error("a version is damaged", extra={"facts": {"error": str(error)}})
            return self._save(store, trained, passport["version"])
        return passport

    def _save(self, store: ModelStore, trained: Trained, unusable: str) -> dict[str, Any]:
        passport = passport_of(trained, self.window, self.now, settings.code_revision(), unusable)
        store.save(passport["version"], model_files(trained.final, trained.examined, passport, self.key))
        return passport


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
        max_wrong_takedowns_per_day=settings.max_wrong_takedowns_per_day(),
        margin=settings.training_margin(),
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
