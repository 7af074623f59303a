"""Remote function of BigQuery: posts -> the ids of their tokens, for training past one machine."""

import logging
from functools import cache

import flask
import functions_framework

from shared import settings
from shared.errors import BadEvent
from shared.logs import logger
from shared.replies import Reply, replied, reply
from shared.spam.features import Featurizer, features_named
from shared.spam.tokenizing import Batch, tokenized
from shared.spam.tokens import Tokenizer

log = logger("tokenize_posts")


@functions_framework.http
def tokenize_posts(request: flask.Request) -> Reply:
    """One batch of titles and bodies; for each, in order, its ids or null."""
    return replied(log, lambda: _tokenize(request.get_data()))


def _tokenize(body: bytes) -> Reply:
    featurizer = _featurizer()
    try:
        batch = Batch.from_request(body, featurizer.names)
    except BadEvent as error:  # in the words BigQuery looks for, so that it tells them to whoever asked
        log.warning("batch refused", extra={"facts": {"error": str(error), "field": error.field}})
        return reply(400, {"errorMessage": str(error)[:900]})
    found = tokenized(batch, featurizer)
    facts = {"posts": len(found.ids), "untold": dict(found.untold)}
    log.log(logging.WARNING if found.untold else logging.INFO, "batch tokenised", extra={"facts": facts})
    return reply(200, {"replies": found.ids})


@cache
def _featurizer() -> Featurizer:
    words = settings.words()
    named = features_named(settings.features(), "SEKISHO_FEATURES")
    return Featurizer(named, Tokenizer(words.dictionary, words.user_dictionary))
