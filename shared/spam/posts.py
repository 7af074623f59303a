"""A post: one piece of user content, in one of its revisions, as the platform announces it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Bound

from shared.errors import BadEvent

LONGEST_BODY = 1_000_000
"""Characters of body an event may carry. BigQuery and Pub/Sub take at most 10 MB a row or message."""
LONGEST_TITLE = 10_000
OLDEST_REVISION = timedelta(days=5 * 365)
"""BigQuery refuses streamed rows for partitions older than this."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Before this no post was ever made; near year 1 a time has no UTC form at all."""
AHEAD_OF_CLOCK = timedelta(days=1)
"""How far a platform's clock may run ahead of ours."""


@dataclass(frozen=True)
class Post:
    """One revision of one post.

    `revision` starts at 1 and grows with every edit; `posted_at` is when the post first appeared and
    `revised_at` when this revision did (equal for the first). `body` is HTML as the author wrote it.
    """

    post_id: str
    revision: int
    posted_at: datetime
    revised_at: datetime
    title: str
    body: str
    category: str = ""
    author_id: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int]:
        """What names this revision everywhere: post id and revision."""
        return self.post_id, self.revision

    @classmethod
    def from_event(cls, body: bytes, now: datetime) -> "Post":
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
        return cls(
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

    def to_event(self) -> dict[str, Any]:
        """This post as an event `from_event` reads: what goes through Pub/Sub."""
        return {
            "type": "post.created" if self.revision == 1 else "post.revised",
            "timestamp": self.revised_at.isoformat(),
            "data": {
                "post_id": self.post_id,
                "revision": self.revision,
                "posted_at": self.posted_at.isoformat(),
                "revised_at": self.revised_at.isoformat(),
                "title": self.title,
                "body": self.body,
                "category": self.category,
                "author_id": self.author_id,
                "attributes": dict(self.attributes),
            },
        }


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
