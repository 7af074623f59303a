"""Cloud Storage on a laptop: gcp-storage-emulator, behind a gate that keeps preconditions.

The emulator alone lets every writer win, whatever `if_generation_match` it sent, so code that relies on
compare-and-swap would look right here and lose updates in the cloud. The gate answers 412 or 304 as Cloud
Storage does, tells generations in headers, answers 404 for a generation that is gone (there is no
versioning), sends metadata in any script, and writes whole files only, so a kill leaves the old or the new.

Requests are read and answered in parallel, but acted on one at a time: checking, then acting, is race-free.
Not here: preconditions inside batch requests, listing in pages, versioning, retention, holds.

Run as `python -m infra.local.storage_emulator --port P --data DIR`.
"""

import argparse
import logging
import os
import re
import tempfile
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gcp_storage_emulator import exceptions, server, storage
from gcp_storage_emulator.handlers import objects

log = logging.getLogger("sekisho.storage_emulator")

Resource = Mapping[str, Any]
"""An object as Cloud Storage's JSON API describes it."""

ROUTES = tuple((re.compile(pattern), handlers) for pattern, handlers in server.HANDLERS)

PRECONDITIONS = ("GenerationMatch", "GenerationNotMatch", "MetagenerationMatch", "MetagenerationNotMatch")

WRITES = frozenset({objects.insert, objects.upload_partial, objects.copy, objects.rewrite, objects.compose})
"""What makes an object: it need not be there before. Everything else answers 404 where it is not."""


class StorageEmulator(ThreadingHTTPServer):
    """The server: one data folder, one request acted on at a time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, data: Path) -> None:
        self.storage = Store(data)
        self.turn = threading.Lock()
        super().__init__(("127.0.0.1", port), Gate)


class Store(storage.Storage):  # type: ignore[misc]  # the package has no types
    """The emulator's store, made to survive a kill and to count metagenerations from 1."""

    def __init__(self, data: Path) -> None:
        super().__init__(data_dir=str(data.resolve()))
        self._store.write_bytes = WholeFiles(Path(self._store._root)).write

    def create_file(self, bucket: str, name: str, content: bytes, described: Any, upload: str = "") -> None:
        """Stores a new object; the emulator takes metadata sent along for a change to it, and counts 2."""
        described["metageneration"] = "1"
        super().create_file(bucket, name, content, described, upload)

    def forget_upload(self, upload: str) -> None:
        """Ends a resumable upload that can never be finished."""
        if self.resumable.pop(upload, None):
            self._write_config_to_file()


class WholeFiles:
    """Writes files under `root` so that a reader, or a start after a kill, never meets half of one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content: bytes) -> None:
        """Puts `content` at `name`, all of it or nothing. Refuses a name that leads out of the root."""
        path = (self.root / name.strip("/")).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(f"object name: expected a path inside the bucket, came {name!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self.root, prefix=".unfinished-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(unfinished).replace(path)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise


class Gate(BaseHTTPRequestHandler):
    """One request: its preconditions are checked, then the emulator acts on it."""

    server: StorageEmulator

    @property
    def storage(self) -> Store:
        """Where objects are kept."""
        return self.server.storage

    def do_GET(self) -> None:
        """Reads an object, its metadata, or a listing."""
        self.pass_through("GET")

    def do_POST(self) -> None:
        """Uploads, copies, composes, or makes a bucket."""
        self.pass_through("POST")

    def do_PUT(self) -> None:
        """Uploads a part of a resumable upload."""
        self.pass_through("PUT")

    def do_PATCH(self) -> None:
        """Changes metadata."""
        self.pass_through("PATCH")

    def do_DELETE(self) -> None:
        """Deletes an object or a bucket."""
        self.pass_through("DELETE")

    def pass_through(self, method: str) -> None:
        """Reads the whole request, acts on it when it is its turn, then answers."""
        method = self.headers.get("x-http-method-override") or method
        request = server.Request(self, method)
        response = server.Response(self)
        try:
            handler = self.route(request)
            if handler is None:
                answer_error(response, HTTPStatus.NOT_IMPLEMENTED, f"{method} {request.path} is not emulated")
            else:
                _ = request.data  # off the wire now: nobody waits for a slow sender
                with self.server.turn:
                    self.act(handler, request, response)
        except Exception as error:
            log.exception("failed on %s %s", method, self.path)
            answer_error(response, HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")
        response._headers = {wire_safe(name): wire_safe(value) for name, value in response._headers.items()}
        response.close()

    def route(self, request: Any) -> Any:
        """The emulator's handler for the request, or None."""
        for pattern, handlers in ROUTES:
            if match := pattern.fullmatch(request.path):
                request.set_match(match)
                is_upload = request.method == "POST" and "uploadType" in request.query
                return handlers.get(request.method) or (objects.insert if is_upload else None)
        return None

    def act(self, handler: Any, request: Any, response: Any) -> None:
        """Lets `handler` act unless a precondition forbids it."""
        bucket, name = self.target(request)
        current = self.find(bucket, name)
        if name and handler is not objects.restore and "softDeleted" not in request.query:
            wanted = request.query.get("generation", [None])[0]
            gone = wanted is not None and (current is None or current["generation"] != wanted)
            if handler not in WRITES and (gone or current is None):
                return answer_error(response, HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")
            if violated := violated_precondition("if", request.query, current):
                self.storage.forget_upload(request.query.get("upload_id", [""])[0])
                unchanged = request.method == "GET" and violated.endswith("NotMatch")
                return refuse(response, violated, HTTPStatus.NOT_MODIFIED if unchanged else None)
            if violated := self.violated_source(request):
                return refuse(response, violated)
        handler(request, response, self.storage)
        if request.method == "GET" and name and current is not None:
            response["X-Goog-Generation"] = str(current["generation"])
            response["X-Goog-Metageneration"] = str(current["metageneration"])
        return None

    def target(self, request: Any) -> tuple[str, str]:
        """Bucket and name of the object the request would read or change; empty where it is about none."""
        parts, data = request.params or {}, request.data
        bucket, name = parts.get("bucket_name", ""), parts.get("object_id", "")
        if "dest_object_id" in parts:
            return parts["dest_bucket_name"], parts["dest_object_id"]
        if "upload_id" in request.query:
            session = self.storage.resumable.get(request.query["upload_id"][0], {})
            return bucket, session.get("name", "")
        if "uploadType" in request.query:
            described = data.get("meta", data) if isinstance(data, dict) else {}
            return bucket, request.query.get("name", [described.get("name", "")])[0]
        return bucket, name

    def violated_source(self, request: Any) -> str:
        """The precondition on a source of a copy or a composition that does not hold, or nothing."""
        parts = request.params or {}
        if "dest_object_id" in parts:
            source = self.find(parts["bucket_name"], parts["object_id"])
            return violated_precondition("ifSource", request.query, source)
        sources = request.data.get("sourceObjects", []) if isinstance(request.data, dict) else []
        for source in sources:
            asked = {name: [value] for name, value in source.get("objectPreconditions", {}).items()}
            found = self.find(parts["bucket_name"], source["name"])
            if violated := violated_precondition("if", asked, found):
                return violated
        return ""

    def find(self, bucket: str, name: str) -> Resource | None:
        """The object as it stands, or None."""
        try:
            found: Resource = self.storage.get_file_obj(bucket, name)
        except exceptions.NotFound:
            return None
        return found

    def log_message(self, format: str, *args: Any) -> None:
        """One line per request, for the log file."""
        log.info(format, *args)


def violated_precondition(prefix: str, asked: Mapping[str, list[Any]], current: Resource | None) -> str:
    """The first precondition in `asked` that does not hold for `current` (absent is 0), or nothing."""
    for condition in PRECONDITIONS:
        if (name := prefix + condition) in asked:
            kind = "metageneration" if condition.startswith("Meta") else "generation"
            is_same = int(asked[name][0]) == (int(current[kind]) if current else 0)
            if is_same == condition.endswith("NotMatch"):
                return name
    return ""


def refuse(response: Any, violated: str, status: HTTPStatus | None = None) -> None:
    """Answers that the precondition `violated` did not hold: 412, or 304 for a read of what is unchanged."""
    if status is HTTPStatus.NOT_MODIFIED:
        response.status = status
    else:
        answer_error(response, HTTPStatus.PRECONDITION_FAILED, f"{violated} did not hold", "conditionNotMet")


def answer_error(response: Any, status: HTTPStatus, message: str, reason: str = "") -> None:
    """Answers `status` in the JSON shape of Google's APIs."""
    detail = {"domain": "global", "reason": reason or status.name.lower(), "message": message}
    response.status = status
    response.json({"error": {"code": int(status), "message": message, "errors": [detail]}})


def wire_safe(text: str) -> str:
    """A header part that HTTP can carry: anything but printable ASCII is percent-encoded."""
    return text if text.isascii() and text.isprintable() else quote(text, safe="")


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description="Cloud Storage for a laptop, with working preconditions")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder the objects are kept in")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("gcp_storage_emulator").setLevel(logging.WARNING)
    StorageEmulator(options.port, options.data).serve_forever()


if __name__ == "__main__":
    main()
