"""The stand-in platform as its tests drive it: a real process, and a receiver of its webhooks."""

import json
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, override
from urllib.parse import quote

import requests
from selectolax.lexbor import LexborHTMLParser, LexborNode

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports
from shared.spam.takedowns import Takedown, TakedownState

TOKEN = "a-token-of-the-tests"
SECRET = "whsec_c2VraXNoby10ZXN0cy1zZWNyZXQtMzItYnl0ZXM="
PATIENCE_SECONDS = 30.0
NOBODY = "http://127.0.0.1:9"
"""Where no webhook is expected to go."""
HANG_UP = 0
"""In place of a status: the line is cut without an answer."""


def wait_for[Found](what: str, look: Callable[[], Found]) -> Found:
    """What `look` gives once it gives something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"expected {what} within {PATIENCE_SECONDS:g} s, came nothing"
        time.sleep(0.02)
    return found


def new_id() -> str:
    """The id of a post no other test has."""
    return f"p-{uuid.uuid4().hex[:12]}"


def error_of(response: requests.Response) -> tuple[int, str]:
    """What an answer of the API says no with."""
    return response.status_code, response.json()["error"]["code"]


def takedown_of(post_id: str) -> Takedown:
    """The takedown of the post's first revision, as production code asks for it."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Takedown(post_id, 1, TakedownState.REQUESTED, "bayes", "v1", "unclassified", at)


def one(page: LexborHTMLParser, selector: str) -> LexborNode:
    """The one element a page has of this kind."""
    found = page.css(selector)
    assert len(found) == 1, f"expected one {selector}, came {len(found)}"
    return found[0]


@dataclass(frozen=True)
class Sent:
    """One request that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        """Which webhook it is."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        """What it says."""
        return json.loads(self.body)


class Inbox:
    """An HTTP server that takes webhooks, or answers as a test asked for: statuses, then 202."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._answers: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = inbox._take(Sent(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if status == HANG_UP:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Inbox":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, post_id: str, *statuses: int) -> None:
        """The next webhooks about the post are answered so."""
        with self._lock:
            self._answers[post_id] = list(statuses)

    def about(self, post_id: str, at_least: int = 1) -> Sequence[Sent]:
        """What came about the post, once so much came."""
        return wait_for(f"{at_least} webhooks", lambda: self._found(post_id, at_least))

    def count(self, post_id: str) -> int:
        """How much came about the post until now."""
        return len(self._found(post_id, 0))

    def _found(self, post_id: str, at_least: int) -> list[Sent]:
        with self._lock:
            found = [sent for sent in self._sent if sent.event["data"]["post_id"] == post_id]
        return found if len(found) >= at_least else []

    def _take(self, sent: Sent) -> int:
        with self._lock:
            self._sent.append(sent)
            answers = self._answers.get(sent.event["data"]["post_id"])
            return answers.pop(0) if answers else 202


class Market:
    """A platform of its own, in a process of its own."""

    def __init__(
        self, processes: Processes, folder: Path, receiver: str, *more: str, **environment: str
    ) -> None:
        """Webhooks go to `receiver`; `more` is added to the command line."""
        self._processes = processes
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        queue = () if "--queue" in more else ("--queue", "none")
        where = ("--receive-url", f"{receiver}/posts", "--review-url", f"{receiver}/reviews")
        self._program = Program(
            name=f"platform-{uuid.uuid4().hex[:8]}",
            command=python(
                *("infra.local.platform", "--port", str(port), "--data", str(folder), *where, *queue),
                *("--first-wait-seconds", "0.01", *more),
            ),
            is_ready=answers_http(f"{self.url}/healthz"),
            environment={
                "SEKISHO_PLATFORM_TOKEN": TOKEN,
                "SEKISHO_WEBHOOK_SECRET": SECRET,
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
                **environment,
            },
        )

    def __enter__(self) -> "Market":
        self._processes.start(self._program)
        self._processes.wait_until_ready([self._program.name])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._processes.stop(self._program.name)

    def restart(self) -> None:
        """Kills it as a machine that loses power would, and starts it again."""
        os.kill(self._processes.running[self._program.name].process.pid, signal.SIGKILL)
        self._processes.stop(self._program.name)
        self.__enter__()

    def call(
        self, method: str, path: str, payload: Any = None, token: str = TOKEN, **more: Any
    ) -> requests.Response:
        """An answer of the API, whatever it is."""
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return requests.request(
            method, f"{self.url}/api/v1/{path}", json=payload, headers=headers, timeout=30, **more
        )

    def ask(self, method: str, path: str, payload: Any = None) -> Any:
        """What the API answers where it answers well."""
        response = self.call(method, path, payload)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text[:300]}"
        return response.json()

    def post(self, post_id: str = "", announce: bool = False, **more: Any) -> str:
        """A post somebody wrote; its id."""
        post_id = post_id or new_id()
        data = {"post_id": post_id, "title": "データ入力", "body": "<p>在宅</p>", **more}
        self.ask("POST", f"posts?announce={str(announce).lower()}", data)
        return post_id

    def revise(self, post_id: str, announce: bool = False, **changes: Any) -> Any:
        """The author edits the post."""
        path = f"posts/{quote(post_id, safe='')}/revisions?announce={str(announce).lower()}"
        return self.ask("POST", path, changes or {"body": "<p>直しました</p>"})

    def show(self, post_id: str) -> Any:
        """Where the post stands, with its journal."""
        return self.ask("GET", f"posts/{quote(post_id, safe='')}")

    def act(
        self, act: str, post_id: str, key: str | None = None, revision: int = 1, **more: Any
    ) -> requests.Response:
        """What Sekisho asks for; by default with the one key of this revision and act."""
        key = f"{act}-{quote(post_id, safe='')}-{revision}" if key is None else key
        payload = {"revision": revision, "violation_class": "affiliate_lure"}
        headers = {"Idempotency-Key": key}
        return self.call("POST", f"posts/{quote(post_id, safe='')}/{act}", payload, headers=headers, **more)

    def fail(self, kind: str, times: int = 1, endpoint: str = "takedown", **more: Any) -> None:
        """The next calls of `endpoint` fail."""
        self.ask("POST", "faults", {"endpoint": endpoint, "kind": kind, "times": times, **more})

    def delivery(self, webhook_id: str) -> Any:
        """What became of a webhook."""
        (found,) = self.ask("GET", f"deliveries?webhook_id={webhook_id}")["deliveries"]
        return found

    def page(self, path: str, status: int = 200, **parameters: str) -> LexborHTMLParser:
        """A page, as a browser reads it."""
        response = requests.get(f"{self.url}{path}", params=parameters, timeout=30)
        assert response.status_code == status, f"{path}: {response.status_code}"
        return LexborHTMLParser(response.text)

    def submit(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """What a form of a page does."""
        return requests.post(
            f"{self.url}{path}", data=form, headers=headers, timeout=30, allow_redirects=False
        )
