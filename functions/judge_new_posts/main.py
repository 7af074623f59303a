"""Every half hour: new posts without a verdict -> verdicts -> takedowns; overturned ones -> restored."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import flask
import functions_framework

from shared import settings
from shared.gcp import clients
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.rows import RowsRefused
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.verdict_table import VerdictTable
from shared.judges import cap, desk, serving
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.enforcement import Desk, is_in_flight, restore, take_down
from shared.spam.judging import judge
from shared.spam.takedowns import TakedownState

PAGE = 2_000  # each page is a query that reads what is left of the window: few large ones drain a backlog
RESTORE_DAYS = 60  # how long an undoing that the platform did not take is tried again
log = logger("judge_new_posts")


@functions_framework.http
def judge_new_posts(_request: flask.Request) -> Reply:
    """Judge what has no verdict yet, then carry out and undo what is due."""
    return replied(log, lambda: _judge_new_posts(_clock()))


def _judge_new_posts(now: datetime) -> Reply:
    cloud, days = settings.cloud(), settings.judging_days()
    closes_at = now + timedelta(seconds=settings.run_seconds())
    client = clients.bigquery_client(cloud)
    posts, verdicts = PostTable(client, cloud.dataset), VerdictTable(client, cloud.dataset)
    journal, labels = TakedownTable(client, cloud.dataset), LabelTable(client, cloud.dataset)
    at = desk(journal, labels, log, _clock, closes_at)
    undone, left = _undo(journal, at)  # first: it waits for no model, no setting and no other post
    # gather
    in_force = serving().in_force(now)
    mode = in_force.moderation.mode
    # decide
    counts: Counter[str] = Counter()
    for page in posts.unjudged(now, days, mode, PAGE):
        given = [judge(post, in_force.detector, in_force.thresholds, mode, _clock()) for post in page]
        try:
            verdicts.append(given)
        except RowsRefused as error:  # the others are stored: these must not stop the posts behind them
            log.error("verdicts refused", extra={"facts": {"error": str(error)}})
            counts["refused_rows"] += len(error.refused)
        counts.update(verdict.action for verdict in given)
        if _clock() >= closes_at:
            break
    # act
    due = verdicts.awaiting_takedown(now, days) if mode.takes_down else []
    taken = take_down(due, mode, cap(in_force.moderation, now), at)
    if due:
        again, left = _undo(journal, at)  # what people answered during the takedowns
        undone += again
    left += len(due) - taken.total() + taken[TakedownState.UNAVAILABLE]
    counts.update({str(state): number for state, number in (taken + undone).items()})
    facts = {"mode": mode, "model_version": in_force.detector.version, "left": left, **counts}
    is_refused = undone[TakedownState.RESTORE_REFUSED] > 0
    log.log(logging.ERROR if is_refused else logging.INFO, "sweep ended", extra={"facts": facts})
    return reply(503 if left else 200, facts)


def _undo(journal: TakedownTable, at: Desk) -> tuple[Counter[TakedownState], int]:
    """Restore what people's answers overturned; the outcomes, and how many are still due."""
    standing = journal.overturned(_clock(), RESTORE_DAYS)
    overturned = [takedown for takedown in standing if not is_in_flight(takedown, _clock())]
    outcomes = restore(overturned, at)
    return outcomes, len(overturned) - outcomes.total() + outcomes[TakedownState.UNAVAILABLE]


def _clock() -> datetime:
    return datetime.now(UTC)
