"""A post: one piece of user content, in one of its revisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

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

    def to_event(self) -> dict[str, Any]:
        """This post as an event `read_post` reads: what goes through Pub/Sub."""
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
