"""A line to an HTTP server that a test can listen in on, hold up or cut.

What is sent goes through request by request. A hook sees a request before it is forwarded, or the request
and its whole answer before the answer is handed back; the line is held while a hook works, and a hook that
raises Cut leaves the caller without an answer.
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import override
from urllib.parse import urlsplit

Hook = Callable[[bytes], None]
Matches = Callable[[bytes], bool]


class Cut(Exception):
    """The caller gets no answer."""


def through(_request: bytes) -> None:
    """The hook that lets everything pass."""


class Line:
    """A server on a loopback port that passes everything on to `target` (http://HOST:PORT)."""

    def __init__(self, target: str, *, before: Hook = through, after: Hook = through) -> None:
        """`before` works before a request is forwarded, `after` once it was answered in full."""
        parts = urlsplit(target)
        assert parts.hostname, "a target names a host"
        assert parts.port, "a target names a port"
        self._target, self._before, self._after = (parts.hostname, parts.port), before, after
        line = self

        class Handler(BaseRequestHandler):
            @override
            def handle(self) -> None:
                with contextlib.suppress(Cut, ConnectionError, TimeoutError):
                    line._pass_on(self.request)

        class Server(ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Line":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, caller: socket.socket) -> None:
        caller.settimeout(60)
        request = _read_request(caller)
        if not request:
            return
        self._before(request)
        with socket.create_connection(self._target, timeout=60) as server:
            server.sendall(_once(request))
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        self._after(request)
        caller.sendall(answer)


class Killer:
    """A hook that kills a process group with SIGKILL at the `number`-th request that matches, then cuts."""

    def __init__(self, matches: Matches, number: int) -> None:
        self.group: int | None = None
        self.has_killed = threading.Event()
        self._matches = matches
        self._left = number
        self._lock = threading.Lock()

    def __call__(self, request: bytes) -> None:
        if not self._matches(request):
            return
        with self._lock:
            self._left -= 1
            if self._left:
                return
        assert self.group, "told whom to kill before anything is sent"
        os.killpg(self.group, signal.SIGKILL)
        self.has_killed.set()
        raise Cut


def asks(method: str, *path_parts: str) -> Matches:
    """Whether a request is of `method` with all `path_parts` in its path."""

    def matches(request: bytes) -> bool:
        first = request.split(b"\r\n", 1)[0].decode("latin-1")
        return first.startswith(f"{method} ") and all(part in first for part in path_parts)

    return matches


def _read_request(caller: socket.socket) -> bytes:
    """One request with its body; nothing where the caller hung up first."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = caller.recv(65536)
        if not piece:
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(_header(head, b"content-length") or 0)
    assert not _header(head, b"transfer-encoding"), "our callers tell the length of what they send"
    while len(body) < length:
        piece = caller.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return b""


def _once(request: bytes) -> bytes:
    """The request with a word to close the connection once it is answered."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
