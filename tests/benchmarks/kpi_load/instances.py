"""Instances of check_kpi_table behind the push subscription, each given one message at a time."""

import base64
import json
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

import grpc
import requests
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from infra.local.cloud import KPI_TABLES_TOPIC, PROJECT, LocalCloud
from infra.local.functions import FUNCTIONS, function_program
from infra.local.processes import Processes, free_ports

PATH = f"/projects/{PROJECT}/topics/{KPI_TABLES_TOPIC}"
NAME = "check_kpi_table"


@dataclass(frozen=True)
class Answer:
    """What an instance answered to one message, and when (time.perf_counter)."""

    table: str
    status: int
    at: float


class Instances:
    """So many processes of check_kpi_table, and a forwarder that hands each message to a free one."""

    def __init__(self, cloud: LocalCloud, processes: Processes, count: int) -> None:
        (self._function,) = (each for each in FUNCTIONS if each.name == NAME)
        self._cloud, self._processes = cloud, processes
        self.names = [f"{NAME}-{number}" for number in range(1, count + 1)]
        self.answers: list[Answer] = []
        self._free = SimpleQueue[str]()
        self._server = _Forwarder(("127.0.0.1", 0), _Message)
        self._server.owner = self

    def __enter__(self) -> "Instances":
        for name, port in zip(self.names, free_ports(len(self.names)), strict=True):
            program = function_program(self._function, port, self._cloud.environment)
            self._processes.start(replace(program, name=name))
            self._free.put(f"http://127.0.0.1:{port}{PATH}")
        self._processes.wait_until_ready(self.names)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._subscribe()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forward(self, body: bytes) -> int:
        """Hands a push request to the first instance that is free; what it answers."""
        url = self._free.get()
        try:
            status = requests.post(
                url, data=body, headers={"Content-Type": "application/json"}, timeout=600
            ).status_code
        except requests.RequestException:
            status = 503
        finally:
            self._free.put(url)
        table = json.loads(base64.b64decode(json.loads(body)["message"]["data"]))["table"]
        self.answers.append(Answer(table, status, time.perf_counter()))
        return status

    def peak_megabytes(self) -> list[float]:
        """The most memory each instance ever held: its worker, which shares the rest with its master."""
        pids = [self._processes.running[name].process.pid for name in self.names]
        return [max(map(_peak_megabytes, (pid, *_children(pid)))) for pid in pids]

    def _subscribe(self) -> None:
        assert self._cloud.settings.pubsub_emulator
        with grpc.insecure_channel(self._cloud.settings.pubsub_emulator) as channel:
            SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)).create_subscription(
                Subscription(
                    name=f"projects/{PROJECT}/subscriptions/benchmark",
                    topic=f"projects/{PROJECT}/topics/{KPI_TABLES_TOPIC}",
                    push_config={"push_endpoint": f"http://127.0.0.1:{self._server.server_port}{PATH}"},
                    ack_deadline_seconds=self._function.answers_within_seconds,
                )
            )


class _Forwarder(ThreadingHTTPServer):
    request_queue_size = 256  # Pub/Sub may bring all at once
    owner: Instances


class _Message(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Forwarder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.owner.forward(body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
