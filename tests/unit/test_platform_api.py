"""What we make of everything a platform can answer, over real connections."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

import pytest

from shared.errors import ConfigError, PlatformRefused, PlatformUnavailable
from shared.platform_api import ATTEMPTS, LONGEST_WAIT_SECONDS, DryRunTakedowns, PlatformTakedowns, takedowns
from shared.settings import Platform
from shared.spam.takedowns import Takedown, TakedownState

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DONE = {"post_id": "p-1", "revision": 2, "state": "taken_down"}


@dataclass(frozen=True)
class Answer:
    """One reply of the platform; `body` None drops the connection."""

    status: int = 200
    content: object = field(default_factory=lambda: DONE)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = b""
    promised_bytes: int | None = None

    @property
    def wire(self) -> bytes | None:
        return self.body if self.body is None or self.body else json.dumps(self.content).encode()


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: Any


class Script(ThreadingHTTPServer):
    """A platform that answers by a script, its last line for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self.naps: list[float] = []

    def says(self, *answers: Answer) -> PlatformTakedowns:
        self.answers = list(answers)
        return PlatformTakedowns(f"http://127.0.0.1:{self.server_port}/", "token-1", self.naps.append)


class Handler(BaseHTTPRequestHandler):
    server: Script

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(Request(self.path, dict(self.headers), body))
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        self.close_connection = True
        wire = answer.wire
        if wire is None:
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(answer.promised_bytes or len(wire)))
        self.end_headers()
        try:
            self.wfile.write(wire)
        except OSError:
            self.close_connection = True  # whoever asked had read enough

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keeps the tests' output quiet."""


@pytest.fixture
def script() -> Iterator[Script]:
    with Script() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def takedown(post_id: str = "p-1") -> Takedown:
    return Takedown(post_id, 2, TakedownState.REQUESTED, "bayes", "v", "lure", NOW)


def test_a_takedown_is_asked_for_as_the_contract_says(script: Script) -> None:
    assert script.says(Answer()).take_down(takedown()) is TakedownState.TAKEN_DOWN
    (request,) = script.requests
    assert request.path == "/api/v1/posts/p-1/takedown"
    assert request.body == {"revision": 2, "violation_class": "lure"}
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Idempotency-Key"] == takedown().takedown_key
    assert script.naps == []


def test_a_restore_is_asked_for_with_a_key_of_its_own(script: Script) -> None:
    assert (
        script.says(Answer(content=DONE | {"state": "visible"})).restore(takedown()) is TakedownState.RESTORED
    )
    assert script.requests[0].path == "/api/v1/posts/p-1/restore"
    assert script.requests[0].headers["Idempotency-Key"] == takedown().restore_key


@pytest.mark.parametrize(
    ("post_id", "path"),
    [
        ("a/b", "a%2Fb"),
        ("a/../../b", "a%2F..%2F..%2Fb"),
        ("仕事", "%E4%BB%95%E4%BA%8B"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("a+b&c=d;e", "a%2Bb%26c%3Dd%3Be"),
        ("😀", "%F0%9F%98%80"),
    ],
)
def test_any_post_id_stays_one_part_of_the_path(post_id: str, path: str, script: Script) -> None:
    script.says(Answer(content=DONE | {"post_id": post_id})).take_down(takedown(post_id))
    assert script.requests[0].path == f"/api/v1/posts/{path}/takedown"


UNCLEAR = {
    "200 about another post": Answer(content=DONE | {"post_id": "p-2"}),
    "200 about another revision": Answer(content=DONE | {"revision": 3}),
    "200 with a revision in quotes": Answer(content=DONE | {"revision": "2"}),
    "200 with another state": Answer(content=DONE | {"state": "visible"}),
    "200 with a list": Answer(content=[DONE]),
    "200 with null": Answer(content=None),
    "200 with HTML": Answer(body=b"<html>maintenance</html>"),
    "200 that is no UTF-8": Answer(body=b"\xff\xfe"),
    "200 nested deep": Answer(body=b"[" * 60_000),
    "200 that never ends": Answer(body=b'{"x": "' + b"x" * 5_000_000),
    "200 cut short": Answer(body=b'{"post', promised_bytes=500),
    "200 wrongly compressed": Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    "201": Answer(201),
    "204": Answer(204),
    "redirect": Answer(302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
    "408": Answer(408),
    "409 in progress": Answer(409, {"error": {"code": "in_progress"}}),
    "425": Answer(425),
    "429": Answer(429),
    "500": Answer(500),
    "503": Answer(503, body=b"<html>"),
    "599": Answer(599),
    "no answer": Answer(body=None),
}


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_unclear_is_asked_again_a_few_times_with_the_same_key(answer: Answer, script: Script) -> None:
    with pytest.raises(PlatformUnavailable, match="expected state taken_down, came "):
        script.says(answer).take_down(takedown())
    assert len(script.requests) == ATTEMPTS
    assert {request.headers["Idempotency-Key"] for request in script.requests} == {takedown().takedown_key}
    assert script.naps == [1.0, 2.0]


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_a_clear_answer_after_an_unclear_one_is_taken(answer: Answer, script: Script) -> None:
    assert script.says(answer, Answer()).take_down(takedown()) is TakedownState.TAKEN_DOWN
    assert len(script.requests) == 2


def test_where_nobody_listens_it_is_unknown_whether_anything_was_done() -> None:
    with Script() as server:
        port = server.server_port
    naps: list[float] = []
    with pytest.raises(PlatformUnavailable, match="ConnectionError"):
        PlatformTakedowns(f"http://127.0.0.1:{port}", "t", naps.append).take_down(takedown())
    assert len(naps) == ATTEMPTS - 1


DATED = {"Date": "Sun, 22 Nov 2026 00:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "naps"),
    [
        ({"Retry-After": "3"}, [3.0, 3.0]),
        ({"Retry-After": "0"}, [0.0, 0.0]),
        ({"Retry-After": "Sun, 22 Nov 2026 00:00:04 GMT"} | DATED, [4.0, 4.0]),
        ({"Retry-After": "Sat, 21 Nov 2026 00:00:00 GMT"} | DATED, [0.0, 0.0]),
        ({"Retry-After": "Sun, 22 Nov 2026 00:00:04 GMT"}, [1.0, 2.0]),
        ({"Retry-After": "soon"}, [1.0, 2.0]),
        ({"Retry-After": "-5"}, [1.0, 2.0]),
        ({"Retry-After": "2.5"}, [1.0, 2.0]),
        ({"Retry-After": ""}, [1.0, 2.0]),
    ],
)
def test_the_platform_may_say_when_to_ask_again(
    headers: dict[str, str], naps: list[float], script: Script
) -> None:
    with pytest.raises(PlatformUnavailable):
        script.says(Answer(429, headers=headers)).take_down(takedown())
    assert script.naps == naps


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": str(int(LONGEST_WAIT_SECONDS) + 1)},
        {"Retry-After": "9" * 400},
        {"Retry-After": "Mon, 23 Nov 2026 00:00:00 GMT"} | DATED,
    ],
    ids=["seconds", "a number beyond any", "date"],
)
def test_a_wait_too_long_for_a_run_is_left_to_the_next(headers: dict[str, str], script: Script) -> None:
    with pytest.raises(PlatformUnavailable):
        script.says(Answer(503, headers=headers)).take_down(takedown())
    assert (len(script.requests), script.naps) == (1, [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_token_is_a_setting_to_fix_and_is_not_told(status: int, script: Script) -> None:
    with pytest.raises(ConfigError, match=f"SEKISHO_PLATFORM_TOKEN.*HTTP {status}") as raised:
        script.says(Answer(status)).take_down(takedown())
    assert "token-1" not in str(raised.value)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "content", "told"),
    [
        (404, {"error": {"code": "no_such_post", "message": "gone"}}, "HTTP 404 no_such_post"),
        (409, {"error": {"code": "revision_superseded"}}, "HTTP 409 revision_superseded"),
        (400, {"error": {"code": "bad_revision"}}, "HTTP 400 bad_revision"),
        (410, None, "HTTP 410"),
        (422, {"error": {"code": ["x"]}}, "HTTP 422"),
    ],
)
def test_a_4xx_that_names_its_reason_is_a_refusal_for_good(
    status: int, content: object, told: str, script: Script
) -> None:
    with pytest.raises(PlatformRefused) as raised:
        script.says(Answer(status, content)).take_down(takedown())
    assert str(raised.value).startswith(told)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (404, None),
        (404, {"error": "not found"}),
        (409, []),
        (400, {"error": {"code": None}}),
        (405, "<html>"),
    ],
)
def test_a_4xx_without_a_reason_may_be_a_gateways_and_is_asked_again(
    status: int, content: object, script: Script
) -> None:
    assert script.says(Answer(status, content), Answer()).take_down(takedown()) is TakedownState.TAKEN_DOWN
    assert len(script.requests) == 2


def test_where_takedowns_are_switched_off_nothing_is_called(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("a test")
    switched_off = takedowns(Platform("", "", acts=False), logger)
    assert isinstance(switched_off, DryRunTakedowns)
    assert switched_off.take_down(takedown()) is TakedownState.DRY_RUN
    assert switched_off.restore(takedown()) is TakedownState.RESTORE_REQUESTED
    assert [record.facts["act"] for record in caplog.records] == ["take_down", "restore"]  # type: ignore[attr-defined]
    assert isinstance(takedowns(Platform("http://127.0.0.1:1", "t", acts=True), logger), PlatformTakedowns)
