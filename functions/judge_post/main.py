"""Pub/Sub: one post -> stored -> verdict -> takedown, now."""

from datetime import UTC, datetime, timedelta
from functools import cache

import functions_framework
from cloudevents.http import CloudEvent

from shared import settings
from shared.errors import BadEvent, BadModel, ConfigError, ModelMissing, PlatformUnavailable
from shared.gcp import clients
from shared.gcp.label_table import LabelTable
from shared.gcp.post_table import PostTable
from shared.gcp.rows import RowsRefused
from shared.gcp.takedown_table import TakedownTable
from shared.gcp.topics import Topics
from shared.gcp.verdict_table import VerdictTable
from shared.judges import cap, desk, serving
from shared.logs import logger
from shared.pushes import Push, pushed
from shared.spam.enforcement import may_take_down, take_down
from shared.spam.events import read_post
from shared.spam.judging import judge
from shared.spam.posts import Post
from shared.spam.takedowns import TakedownState
from shared.spam.verdicts import Action

CALLS_END_AFTER = timedelta(seconds=60)
log = logger("judge_post")
_bigquery = cache(lambda: clients.bigquery_client(settings.cloud()))


@functions_framework.cloud_event
def judge_post(event: CloudEvent) -> None:
    """Judge the post of one message. An error has Pub/Sub deliver it again: every step may be repeated."""
    with pushed(event) as push:
        _judge_pushed(push, _clock())


def _judge_pushed(push: Push, now: datetime) -> None:
    try:
        post = read_post(push.data(), now)
        PostTable(_bigquery(), settings.cloud().dataset).append([post], received_at=now)
    except (BadEvent, RowsRefused) as error:
        _bury(push, error)
        return
    _judge(post, now)


def _judge(post: Post, now: datetime) -> None:
    # gather
    client, dataset = _bigquery(), settings.cloud().dataset
    posts, verdicts = PostTable(client, dataset), VerdictTable(client, dataset)
    try:
        in_force = serving().in_force(now)
    except (ModelMissing, BadModel, ConfigError) as error:
        log.error(
            "post stored but not judged", extra={"facts": {"post_id": post.post_id, "error": str(error)}}
        )
        return  # the sweep judges it once there is a model
    # decide
    moderation = in_force.moderation
    verdict = judge(post, in_force.detector, in_force.thresholds, moderation.mode, _clock())
    verdicts.append([verdict])
    # act
    outcome = None
    if verdict.action is Action.TAKE_DOWN and moderation.mode.takes_down:
        journal, labels = TakedownTable(client, dataset), LabelTable(client, dataset)
        label = labels.latest(*post.key, post.revised_at)
        newest = posts.newest_revision(post.post_id, post.revised_at) or post.revision
        first = verdicts.acting(post) or verdict
        if may_take_down(first, label, journal.state_of(*post.key, post.revised_at), newest):
            at = desk(journal, labels, log, _clock, _clock() + CALLS_END_AFTER)
            outcome = take_down([first], moderation.mode, cap(moderation, now), at)
    facts = {"post_id": post.post_id, "revision": post.revision, "action": verdict.action, "outcome": outcome}
    log.info("post judged", extra={"facts": facts})
    if outcome and outcome[TakedownState.UNAVAILABLE]:
        # Brought again soon, it is asked again; after half an hour the sweep has, and it is acked unasked.
        # The subscription's backoff must outlast that, or judged posts end among those that can never be.
        raise PlatformUnavailable(f"post {post.post_id} revision {post.revision}: the takedown is still due")


def _bury(push: Push, error: Exception) -> None:
    """Hand a message that can never be judged to the dead-letter topic, with its reason."""
    names = {"reason": f"{type(error).__name__}: {error}"[:1_000], "message_id": push.message_id}
    try:
        data = push.data()
    except BadEvent:
        data = push.text.encode()
    _topics().publish(settings.intake().dead_posts, data, names)
    log.error("post can never be judged", extra={"facts": names})


@cache
def _topics() -> Topics:
    cloud = settings.cloud()
    return Topics(clients.publisher_client(cloud), cloud.project)


def _clock() -> datetime:
    return datetime.now(UTC)
