"""Daily: labelled posts of the window -> a model -> Cloud Storage, promoted only if good enough."""

from datetime import UTC, date, datetime

import flask
import functions_framework

from shared import settings
from shared.errors import BadEvent, TrainingRefused
from shared.gcp import clients
from shared.gcp.model_store import ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.post_table import PostTable
from shared.gcp.report_table import ReportTable
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.model import model_files
from shared.spam.tokens import Tokenizer
from shared.spam.training import Evidence, TrainingRules, Window, example, passport_of, refuse_older, train
from shared.spam.verdicts import key_of

log = logger("train_spam_model")


@functions_framework.http
def train_spam_model(request: flask.Request) -> Reply:
    """Train on the window before today, or before `{"today": "2026-11-22"}`."""
    return replied(log, lambda: _train(_today(request), datetime.now(UTC)))


def _train(today: date, now: datetime) -> Reply:
    # gather
    cloud, models, zone = settings.cloud(), settings.models(), settings.time_zone()
    rules = TrainingRules(window_days=settings.training_window_days(), lag_days=settings.training_lag_days())
    window = Window.before(today, rules)
    words = settings.words()
    featurizer = Featurizer(DEFAULT_FEATURES, Tokenizer(words.dictionary, words.user_dictionary))
    bigquery = clients.bigquery_client(cloud)
    posts = PostTable(bigquery, cloud.dataset)
    store = ModelStore(ObjectStore(clients.storage_client(cloud), models.bucket), models.key)
    before = store.current()
    serving = store.load_examined(before.version) if before.version else None
    examples = [example(labelled, featurizer) for labelled in posts.labelled(window.start, window.end, zone)]
    patrolled, patrolled_violations = posts.patrol(window.start, window.end, zone)
    evidence = Evidence(
        examples=examples,
        unlabelled=posts.count(window.start, window.end, zone) - len(examples),
        patrolled=patrolled,
        patrolled_violations=patrolled_violations,
    )
    # decide
    version, outcome, reason, figures = before.version, "refused", "", {}
    try:
        refuse_older(window, serving)
        trained = train(evidence, featurizer, rules, serving)
    except TrainingRefused as error:
        reason = str(error)
    else:
        # act
        passport = passport_of(trained, window, now, settings.code_revision())
        version, figures = passport["version"], passport["figures"]
        outcome = "unchanged" if version == before.version else "promoted"
        if outcome == "promoted":
            store.save(version, model_files(trained.final, trained.examined, passport, models.key))
            store.promote(version, before, now)
    report = {
        "report_id": key_of("report", outcome, version or "", window.end.isoformat(), now.date().isoformat()),
        "detector": "bayes",
        "model_version": version or "",
        "outcome": outcome,
        "reason": reason,
        "window_start": window.start,
        "window_end": window.end,
        "figures": figures,
        "created_at": now,
    }
    ReportTable(bigquery, cloud.dataset).append(report)
    facts = {
        name: report[name] for name in ("outcome", "reason", "model_version", "window_start", "window_end")
    }
    (log.warning if outcome == "refused" else log.info)("training ended", extra={"facts": facts})
    return reply(
        200, {**facts, "labelled": len(examples), "unlabelled": evidence.unlabelled, "figures": figures}
    )


def _today(request: flask.Request) -> date:
    told = (request.get_json(silent=True) or {}).get("today")
    if told is None:
        return datetime.now(settings.time_zone()).date()
    try:
        return date.fromisoformat(told)
    except (TypeError, ValueError) as error:
        raise BadEvent(f"today: expected a date such as 2026-11-22, came {told!r}", field="today") from error
