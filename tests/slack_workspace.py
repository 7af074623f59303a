"""A stand-in Slack of a test's own, what is sent there, and how it is made to fail."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports
from shared.alerts.message import Chart, ChartLine, Link, Links, Message, Severity, Text
from shared.alerts.slack.channel import SlackChannel

DAYS = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(10))
LINE = ChartLine("ctr", DAYS, tuple(float(n) for n in range(10)))
WORDS = Message("ctr 0.8 %, expected 1.9–2.4 %", Severity.CRITICAL, (Text("since 10 January"),))
WHOLE = Message(
    "recsys.item_slot_daily: ctr 0.8 %",
    Severity.CRITICAL,
    (
        Text("ctr 0.8 %, expected 1.9–2.4 %", is_strong=True),
        Chart("ctr, 10 days", (LINE,)),
        Text("clicks 10", is_strong=True),
        Chart("clicks, 10 days", (LINE,)),
        Links((Link("Dashboard", "https://dash.example.com/1"),)),
    ),
    "U0HANA1234",
)
TOKEN = "xoxb-secret-token"


class Waits(list[float]):
    """How long was waited, without waiting."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


class Workspace:
    """A stand-in Slack and what came into one of its channels."""

    def __init__(self, url: str, channel: str) -> None:
        self.url, self.channel, self.waits = url, channel, Waits()

    def slack(self, token: str = TOKEN, **more: Any) -> SlackChannel:
        return SlackChannel(token, f"{self.url}/api/", sleep=self.waits, **more)

    def messages(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/api/inbox.json", params={"channel": self.channel}, timeout=10)
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def fail(self, endpoint: str, kind: str, **more: object) -> None:
        self._order("faults", {"endpoint": endpoint, "kind": kind, **more})

    def refuse(self, method: str, error: str, *messages: str, **more: object) -> None:
        self._order("refusals", {"method": method, "error": error, "messages": messages, **more})

    def _order(self, what: str, wish: Mapping[str, object]) -> None:
        assert requests.post(f"{self.url}/control/{what}", json=wish, timeout=10).status_code == 201

    def forget(self) -> None:
        for what in ("faults", "refusals"):
            requests.delete(f"{self.url}/control/{what}", timeout=10)


def images(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [block for block in message["blocks"] if block["type"] == "image"]


def start_slack(processes: Processes, name: str, folder: Path) -> str:
    """Starts a stand-in Slack; its address."""
    port = free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    command = python("infra.local.slack", "--port", str(port), "--data", str(folder))
    processes.start(Program(name, command, answers_http(f"{url}/healthz")))
    processes.wait_until_ready([name])
    return url
