"""The stand-in Slack as slack_sdk and people see it: what tests of it ask, send and look at."""

import struct
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports

type Block = dict[str, Any]


def program(name: str, port: int, data: Path) -> Program:
    """The stand-in, run as the local cloud runs it."""
    command = python("infra.local.slack", "--port", str(port), "--data", str(data))
    return Program(name, command, answers_http(f"http://127.0.0.1:{port}/healthz"))


def client(url: str, **options: Any) -> WebClient:
    return WebClient(token="xoxb-local", base_url=f"{url}/api/", **options)


def start(processes: Processes, name: str, data: Path) -> str:
    """Starts one; its address."""
    port = free_ports(1)[0]
    processes.start(program(name, port, data))
    processes.wait_until_ready([name])
    return f"http://127.0.0.1:{port}"


def channel_of(request: pytest.FixtureRequest) -> str:
    """A channel of the test's own."""
    name: str = request.node.name
    return f"test-{zlib.crc32(name.encode()):08x}"


def inbox(url: str, channel: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/api/inbox.json", params={"channel": channel}, timeout=10)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def page(url: str, channel: str) -> str:
    answer = requests.get(url, params={"channel": channel}, timeout=10)
    assert answer.status_code == 200
    return answer.text


def error_of(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        call()
    assert refused.value.response.status_code == 200
    answer: dict[str, Any] = refused.value.response.data
    return answer


def png(width: int = 40, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x12\x64\xa3" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def upload(slack: WebClient, name: str, content: bytes, **where: Any) -> dict[str, Any]:
    """The three steps of an upload, as Slack's documentation tells them."""
    told = slack.files_getUploadURLExternal(filename=name, length=len(content))
    assert requests.post(told["upload_url"], data=content, timeout=10).status_code == 200
    done = slack.files_completeUploadExternal(files=[{"id": told["file_id"], "title": name}], **where)
    file: dict[str, Any] = done["files"][0]
    return file


def section(text: str, **more: object) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, **more: object) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, **more}


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]
