"""Events: what the platform announces, checked field by field before anything believes it."""

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Bound

from shared.errors import BadEvent
from shared.spam.labels import UNCLASSIFIED, Answer, ReviewLabel, Source
from shared.spam.posts import AHEAD_OF_CLOCK, EARLIEST, LONGEST_BODY, LONGEST_TITLE, OLDEST_REVISION, Post


def read_post(body: bytes, now: datetime) -> Post:
    """The post an event of the platform announces.

    `body` is the JSON of a `post.created` or `post.revised` event (docs/platform-api.md). Halves of
    surrogate pairs in the text become U+FFFD: BigQuery takes no others, and a post is not let
    through for having one. Raises BadEvent naming the field.
    """
    event = parse_event(body, _PostEvent)
    data = event.data
    check_time("data.revised_at", data.revised_at, now)
    if data.posted_at < EARLIEST:
        raise BadEvent(
            f"data.posted_at: expected a time since 1970, came {data.posted_at.isoformat()}",
            field="data.posted_at",
        )
    posted_at = min(data.posted_at, data.revised_at).astimezone(UTC)
    return Post(
        post_id=data.post_id,
        revision=data.revision,
        posted_at=posted_at,
        revised_at=data.revised_at.astimezone(UTC),
        title=data.title,
        body=data.body,
        category=data.category,
        author_id=data.author_id,
        attributes=dict(data.attributes),
    )


def read_label(body: bytes, label_id: str, now: datetime) -> ReviewLabel:
    """The label a `review.answered` event brings. Raises BadEvent naming the field."""
    data = parse_event(body, _ReviewEvent).data
    check_time("data.answered_at", data.answered_at, now)
    answer = Answer(data.answer)
    named = data.violation_class or UNCLASSIFIED
    return ReviewLabel(
        label_id=label_id,
        post_id=data.post_id,
        revision=data.revision,
        answer=answer,
        violation_class=named if answer is Answer.VIOLATION else "",
        source=Source(data.source),
        reviewer=data.reviewer,
        answered_at=data.answered_at.astimezone(UTC),
    )


def _names_no_path(post_id: str) -> str:
    if post_id in (".", ".."):  # would name another address of the takedown API
        raise ValueError("an id of dots alone names no post")
    return post_id


PostId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$"),
    AfterValidator(_names_no_path),
]
Revision = Annotated[int, Bound(ge=1, le=2_147_483_647)]
ShortText = Annotated[str, StringConstraints(max_length=200)]


class _PostData(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    post_id: PostId
    revision: Revision = 1
    posted_at: AwareDatetime
    revised_at: AwareDatetime
    title: Annotated[str, StringConstraints(max_length=LONGEST_TITLE)] = ""
    body: Annotated[str, StringConstraints(max_length=LONGEST_BODY)]
    category: ShortText = ""
    author_id: ShortText = ""
    attributes: Annotated[dict[ShortText, ShortText], Bound(max_length=50)] = {}


class _PostEvent(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["post.created", "post.revised"]
    data: _PostData


def parse_event[Event: BaseModel](body: bytes, shape: type[Event]) -> Event:
    """The event in `body`, checked against `shape`. Raises BadEvent with the field, never with its text."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except UnicodeDecodeError as error:
        raise BadEvent(
            f"event: expected UTF-8 JSON, came a byte that is not UTF-8 at {error.start}"
        ) from error
    except ValueError as error:
        raise BadEvent(f"event: expected JSON, came {len(body)} bytes that are not: {error}") from error
    except RecursionError as error:
        raise BadEvent("event: expected JSON at most a few levels deep, came far deeper nesting") from error
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    try:
        return shape.model_validate_json(whole)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        # A key of `attributes` is the author's own text, so below that level nothing is named.
        where = ".".join(str(part) for part in first["loc"][:2])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise BadEvent(f"{where or 'event'}: {first['msg']}{more}", field=where) from error


def check_time(where: str, time: datetime, now: datetime) -> None:
    """Raises BadEvent unless BigQuery has a partition for `time` and it is not ahead of our clock."""
    oldest, newest = now - OLDEST_REVISION, now + AHEAD_OF_CLOCK
    if not oldest <= time <= newest:
        raise BadEvent(
            f"{where}: expected a time between {oldest:%Y-%m-%d} and {newest:%Y-%m-%dT%H:%MZ}, "
            f"came {time.isoformat()}",
            field=where,
        )


ClassName = Annotated[str, StringConstraints(max_length=60, pattern=r"^[a-z0-9_]*$")]


class _ReviewData(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    post_id: PostId
    revision: Revision = 1
    answer: Literal["violation", "ok"]
    violation_class: ClassName = ""
    source: Literal["queue", "patrol", "appeal"] = "queue"
    reviewer: ShortText = ""
    answered_at: AwareDatetime


class _ReviewEvent(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["review.answered"]
    data: _ReviewData
