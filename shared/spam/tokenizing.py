"""Tokenising in batches: posts that BigQuery sends become the ids they are counted by.

So training leaves one machine: BigQuery calls as many instances as there are posts for, keeps the ids, and
counts them itself (shared/gcp/token_table.py). Free of numpy, as it starts cold and counts nothing.

The protocol: `{"calls": [[title, body], …]}` comes, `{"replies": [ids or null, …]}` goes, a reply per call in
order. A remote function can't return an ARRAY: it returns JSON, whose numbers hold ids exactly, being below
2**53. What must not be asked again is answered with 400 and `{"errorMessage": …}`; BigQuery asks again after
408, 429, 500, 503 and 504. See https://cloud.google.com/bigquery/docs/remote-functions.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import BadEvent
from shared.spam.features import DEFAULT_FEATURES, Featurizer, wrong_with
from shared.spam.judging import too_long
from shared.spam.posts import Post

MOST_CALLS = 1_000
"""Posts of one request. BigQuery is told to send far fewer (infra/terraform/tokens.tf)."""
MOST_IDS = 1_000_000
"""Ids of one answer: some 12 MB of JSON, of the 15 MB BigQuery takes. No post of a length that is judged has
as many."""
_WHENEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Batch:
    """Posts to tokenise, as (title, body), and by which features. NULL in the table is an empty text."""

    posts: Sequence[tuple[str, str]]
    features: tuple[str, ...]

    @classmethod
    def from_request(cls, body: bytes, unless_named: Sequence[str] = DEFAULT_FEATURES) -> "Batch":
        """The batch BigQuery asks for. Raises BadEvent naming the field, never with its text.

        Features are named in the remote function's own `user_defined_context`: `{"features":
        "words,characters"}`. The query writes their names beside the ids, so they are followed whatever the
        Cloud Function is set to, which is `unless_named`.
        """
        try:
            request = _Request.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadEvent(f"{where or 'request'}: {first['msg']}", field=where) from None
        named = request.userDefinedContext.get("features")
        features = tuple(unless_named if named is None else named.split(","))
        if wrong := wrong_with(features):
            field = "userDefinedContext.features"
            raise BadEvent(f"{field}: {wrong}", field)
        return cls([(title or "", body or "") for title, body in request.calls], features)


@dataclass(frozen=True)
class Replies:
    """A reply a post: its distinct ids in ascending order, or None where none can be given.

    `untold` says how often and why there is none. Such a post has no row, so it is asked for again.
    """

    ids: Sequence[list[int] | None]
    untold: Counter[str]


def tokenized(batch: Batch, featurizer: Featurizer) -> Replies:
    """The ids of every post of `batch`, the same that training counts (`counts.array_of`).

    Posts too long to be judged are left out, as training leaves them out. So is one the featurizer fails on:
    it must not keep the tokens of all others from training. When an answer is full, what is left of the batch
    waits for the next run.
    """
    featurizer = featurizer.named(batch.features)
    replies: list[list[int] | None] = []
    untold: Counter[str] = Counter()
    room = MOST_IDS
    for title, body in batch.posts:
        post = Post("", 1, _WHENEVER, _WHENEVER, title, body)
        ids, reason = (None, "too long") if too_long(post) else _ids(post, featurizer)
        if ids is not None and len(ids) > room:
            ids, reason = None, "no room"
        if ids is None:
            untold[reason] += 1
        else:
            room -= len(ids)
        replies.append(ids)
    return Replies(replies, untold)


def _ids(post: Post, featurizer: Featurizer) -> tuple[list[int] | None, str]:
    try:
        found = featurizer.tokens(post).ids()
    except Exception as error:  # whatever a post does to a feature must not hide the posts behind it
        return None, type(error).__name__
    return sorted({*found.named, *found.buckets}), ""


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    calls: Annotated[list[tuple[str | None, str | None]], Field(max_length=MOST_CALLS)]
    userDefinedContext: dict[str, str] = {}  # noqa: N815 - BigQuery's name
