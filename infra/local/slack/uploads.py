"""Uploaded files: announced, sent, completed; their bytes lie in a folder under their ids."""

import mimetypes
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from infra.local.database import Database
from infra.local.slack.refusals import Refused

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may show in place: SVG is left out because it can hold scripts."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class File:
    """One uploaded file."""

    id: str
    name: str
    title: str
    alt_text: str
    length: int
    is_completed: bool

    @property
    def content_type(self) -> str:
        """What its name says it is."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def is_image(self) -> bool:
        """Whether it is shown in place."""
        return self.content_type in IMAGES


class Uploads:
    """The files of the workspace, and where a caller may send bytes to."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def announce(self, name: str, length: int, alt_text: str) -> tuple[File, str]:
        """A file to come, and the secret its upload URL ends with."""
        identity = "F0" + "".join(secrets.choice(_ALPHABET) for _ in range(9))
        secret = secrets.token_urlsafe(16)
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO files (id, secret, name, title, alt_text, length, state) "
                "VALUES (?, ?, ?, ?, ?, ?, 'asked')",
                (identity, secret, name, name, alt_text, length),
            )
        return File(identity, name, name, alt_text, length, is_completed=False), secret

    def receive(self, identity: str, secret: str, content: bytes) -> bool:
        """Keeps the bytes of an announced file; False where nobody announced it or its length differs."""
        with self._database.writing() as db:
            row = db.execute("SELECT secret, length, state FROM files WHERE id = ?", (identity,)).fetchone()
            expected = row is not None and secrets.compare_digest(row["secret"], secret)
            if not expected or row["state"] == "completed" or row["length"] != len(content):
                return False
            self.path(identity).write_bytes(content)
            db.execute("UPDATE files SET state = 'uploaded' WHERE id = ?", (identity,))
        return True

    def complete(self, titles: dict[str, str]) -> list[File]:
        """Makes uploaded files usable, under the titles given per id; all of them, or none."""
        with self._database.writing() as db:
            for identity, title in titles.items():
                done = db.execute(
                    "UPDATE files SET state = 'completed', title = coalesce(nullif(?, ''), title) "
                    "WHERE id = ? AND state != 'asked'",
                    (title, identity),
                )
                if done.rowcount != 1:
                    raise Refused("file_not_found")
            return [_one(db, identity) for identity in titles]

    def get(self, identity: str) -> File:
        """The file of that id; refused as `file_not_found`."""
        with self._database.reading() as db:
            return _one(db, identity)

    def find(self, said: str) -> File | None:
        """The completed file meant by an id or by the address it is served at."""
        parts = [unquote(part) for part in urlsplit(said).path.split("/")]
        try:
            file = self.get(parts[2] if parts[:2] == ["", "files"] and len(parts) > 2 else said)
        except Refused:
            return None
        return file if file.is_completed else None

    def path(self, identity: str) -> Path:
        """Where the bytes lie. Ids are ours: letters and digits."""
        return self._folder / identity


def _one(db: sqlite3.Connection, identity: str) -> File:
    row = db.execute(
        "SELECT id, name, title, alt_text, length, state FROM files WHERE id = ?", (identity,)
    ).fetchone()
    if row is None:
        raise Refused("file_not_found")
    done = row["state"] == "completed"
    return File(row["id"], row["name"], row["title"], row["alt_text"], row["length"], is_completed=done)
