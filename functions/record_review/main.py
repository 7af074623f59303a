"""HTTP webhook: a person's answer on a post (also appeals) -> label; an overturned takedown -> restored."""

import logging
from datetime import UTC, datetime, timedelta

import flask
import functions_framework

from shared import settings
from shared.errors import PlatformUnavailable
from shared.gcp.clients import bigquery_client
from shared.gcp.label_table import LabelTable
from shared.gcp.takedown_table import TakedownTable
from shared.logs import logger
from shared.platform_api import takedowns
from shared.replies import Reply, replied, reply
from shared.spam.enforcement import Desk, is_in_flight, restore
from shared.spam.events import read_label
from shared.spam.takedowns import TakedownState
from shared.webhooks import signed_body

CALLS_END_AFTER = timedelta(seconds=60)
RESTORE_DAYS = 60  # takedowns that last moved longer ago are undone all the same: this answer is new
log = logger("record_review")


@functions_framework.http
def record_review(request: flask.Request) -> Reply:
    """Keep one answer; 202 once it is stored and what it overturns is undone."""
    return replied(log, lambda: _record(request))


def _record(request: flask.Request) -> Reply:
    event = signed_body(request, settings.webhook_secret())
    label = read_label(event.body, event.webhook_id, _clock())
    cloud = settings.cloud()
    bigquery = bigquery_client(cloud)
    labels, journal = LabelTable(bigquery, cloud.dataset), TakedownTable(bigquery, cloud.dataset)
    labels.append([label])
    overturned = journal.overturned(_clock(), RESTORE_DAYS, label.post_id)
    if any(is_in_flight(takedown, _clock()) for takedown in overturned):
        raise PlatformUnavailable("the takedown this answer overturns is still on its way: send it again")
    desk = Desk(takedowns(settings.platform(), log), journal, labels, _clock, _clock() + CALLS_END_AFTER)
    outcome = restore(overturned, desk)
    if outcome[TakedownState.UNAVAILABLE]:
        raise PlatformUnavailable("the answer is kept, but its restore is still due: send it again")
    restored = outcome[TakedownState.RESTORED] > 0
    facts = {
        "post_id": label.post_id,
        "revision": label.revision,
        "answer": label.answer,
        "restored": restored,
    }
    is_refused = outcome[TakedownState.RESTORE_REFUSED] > 0  # a person must see to it
    log.log(logging.ERROR if is_refused else logging.INFO, "review recorded", extra={"facts": facts})
    return reply(202, {"status": "accepted", "restored": restored})


def _clock() -> datetime:
    return datetime.now(UTC)
