"""What both judging functions are put together from, by the settings: who judges, and who enforces."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

from shared import settings
from shared.gcp import clients
from shared.gcp.label_table import LabelTable
from shared.gcp.model_store import ModelStore
from shared.gcp.object_store import ObjectStore
from shared.gcp.serving import Serving
from shared.gcp.takedown_slots import TakedownSlots
from shared.gcp.takedown_table import TakedownTable
from shared.platform_api import takedowns
from shared.spam.enforcement import Cap, Desk
from shared.spam.moderation import Moderation
from shared.spam.tokens import Tokenizer


@cache
def serving() -> Serving:
    """What judges now. One per instance, so that model and dictionary are read once."""
    words = settings.words()
    return Serving(
        settings.moderation(),
        settings.banned_words,
        ModelStore(_models(), settings.models().key),
        _storage,
        cache(partial(Tokenizer, words.dictionary, words.user_dictionary)),
    )


def desk(
    journal: TakedownTable,
    labels: LabelTable,
    logger: logging.Logger,
    clock: Callable[[], datetime],
    closes_at: datetime,
) -> Desk:
    """Where takedowns and restores are carried out until `closes_at`."""
    return Desk(takedowns(settings.platform(), logger), journal, labels, clock, closes_at)


def cap(moderation: Moderation, now: datetime) -> Cap:
    """How many takedowns today may see, by the platform's own midnight."""
    day = now.astimezone(settings.time_zone()).date()
    return Cap(moderation.max_takedowns_per_day, day, TakedownSlots(_models()))


def _models() -> ObjectStore:
    return ObjectStore(_storage(), settings.models().bucket)


_storage = cache(lambda: clients.storage_client(settings.cloud()))
