"""The workspace's messages: posted, answered in threads, edited; never lost."""

import base64
import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.local.database import Database
from infra.local.slack.refusals import Refused

type Json = Mapping[str, Any]

_ID = re.compile(r"[CDGUW][A-Z0-9]{5,}")
_TS = re.compile(r"([0-9]{1,12})\.([0-9]{6})")
_COLUMNS = (
    "m.ts, m.channel, c.name, m.thread, m.is_broadcast, m.text, m.blocks, m.files, m.metadata, m.edited"
)


@dataclass(frozen=True)
class Channel:
    """A room of the workspace. `name` has no `#`."""

    id: str
    name: str


@dataclass(frozen=True)
class Message:
    """One message as it stands now. `thread` is the ts of the message it answers."""

    ts: str
    channel: Channel
    thread: str | None
    is_broadcast: bool
    text: str
    blocks: Sequence[Json]
    files: Sequence[str]
    metadata: Json | None
    edited: str | None

    @property
    def posted_at(self) -> datetime:
        """When it was posted."""
        return datetime.fromtimestamp(float(self.ts), UTC)


@dataclass(frozen=True)
class Draft:
    """What a message is to say."""

    text: str = ""
    blocks: Sequence[Json] = ()
    files: Sequence[str] = ()
    metadata: Json | None = None


class Messages:
    """What was posted, per channel, in the order of its ts. Safe under threads and across restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, room: Channel, draft: Draft, thread: str = "", is_broadcast: bool = False) -> Message:
        """Puts `draft` into `room`, or there under the message whose ts is `thread`."""
        with self._database.writing() as db:
            db.execute("INSERT OR IGNORE INTO channels (id, name) VALUES (?, ?)", (room.id, room.name))
            parent = _root(db, room, thread) if thread else None
            last = db.execute("SELECT coalesce(max(ts), 0) FROM messages").fetchone()[0]
            ts = max(_now(), last + 1)  # the clock may stand still or go back, a ts never does
            db.execute(
                "INSERT INTO messages (ts, channel, thread, is_broadcast, text, blocks, files, metadata) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    ts,
                    room.id,
                    parent,
                    bool(parent and is_broadcast),
                    draft.text,
                    json.dumps(list(draft.blocks)),
                    json.dumps(list(draft.files)),
                    json.dumps(draft.metadata) if draft.metadata is not None else None,
                ),
            )
            return _one(db, room, ts)

    def edit(self, room: Channel, ts: str, **changes: Any) -> Message:
        """Replaces `text`, `blocks` or `metadata` of a message; what is not named stays."""
        with self._database.writing() as db:
            number = _micros(ts, "message_not_found")
            before = _one(db, room, number)
            after = {"text": before.text, "blocks": before.blocks, "metadata": before.metadata, **changes}
            metadata = json.dumps(after["metadata"]) if after["metadata"] is not None else None
            db.execute(
                "UPDATE messages SET text = ?, blocks = ?, metadata = ?, edited = ? WHERE ts = ?",
                (after["text"], json.dumps(list(after["blocks"])), metadata, _now(), number),
            )
            return _one(db, room, number)

    def channels(self) -> list[Channel]:
        """Every channel something was posted to, by name."""
        with self._database.reading() as db:
            rows = db.execute("SELECT id, name FROM channels ORDER BY name").fetchall()
        return [Channel(row["id"], row["name"]) for row in rows]

    def in_order(self, room: Channel | None = None) -> list[Message]:
        """All messages and replies, oldest first; of one channel where it is given."""
        with self._database.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM messages m JOIN channels c ON c.id = m.channel "  # noqa: S608
                "WHERE ?1 IS NULL OR m.channel = ?1 ORDER BY m.ts",
                (room.id if room else None,),
            ).fetchall()
        return [_message(row) for row in rows]


def find_channel(said: str) -> Channel:
    """The channel meant by a name (with or without `#`) or an id; one nobody has posted to yet exists too.

    A name always gets the same id. Names that begin with `#no-` and ids with `C0NONE` are for tests of
    channels that are not there.
    """
    if not said.strip("# ") or said.startswith(("#no-", "C0NONE")):
        raise Refused("channel_not_found")
    if _ID.fullmatch(said):
        return Channel(said, said)
    name = said.removeprefix("#")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return Channel("C" + base64.b32encode(digest).decode()[:10], name)


def _root(db: sqlite3.Connection, room: Channel, thread: str) -> int:
    """The first message of a thread; an answer to an answer joins the same thread."""
    row = db.execute(
        "SELECT coalesce(thread, ts) FROM messages WHERE channel = ? AND ts = ?",
        (room.id, _micros(thread, "thread_not_found")),
    ).fetchone()
    if row is None:
        raise Refused("thread_not_found")
    return int(row[0])


def _one(db: sqlite3.Connection, room: Channel, ts: int) -> Message:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM messages m JOIN channels c ON c.id = m.channel "  # noqa: S608 - our columns
        "WHERE m.channel = ? AND m.ts = ?",
        (room.id, ts),
    ).fetchone()
    if row is None:
        raise Refused("message_not_found")
    return _message(row)


def _message(row: sqlite3.Row) -> Message:
    return Message(
        ts=_ts(row["ts"]),
        channel=Channel(row["channel"], row["name"]),
        thread=_ts(row["thread"]) if row["thread"] else None,
        is_broadcast=bool(row["is_broadcast"]),
        text=row["text"],
        blocks=json.loads(row["blocks"]),
        files=json.loads(row["files"]),
        metadata=json.loads(row["metadata"]) if row["metadata"] else None,
        edited=_ts(row["edited"]) if row["edited"] else None,
    )


def _now() -> int:
    return time.time_ns() // 1000


def _ts(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"


def _micros(ts: str, otherwise: str) -> int:
    match = _TS.fullmatch(ts)
    if match is None:
        raise Refused(otherwise)
    return int(match[1]) * 1_000_000 + int(match[2])
