"""The local cloud: everything Sekisho needs from Google, the platform and Slack, and its own functions."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from infra.local.emulators import (
    ROOT,
    bigquery_program,
    google_pubsub_emulator,
    pubsub_program,
    python,
    storage_program,
)
from infra.local.functions import FUNCTIONS, Home, dead_topic, function_program
from infra.local.processes import Processes, Program, ProgramFailed, answers_http, free_ports
from infra.local.secrets_file import local_secrets
from infra.local.state import Claim, CloudState, Identity, Service, own_identity
from shared import settings
from shared.errors import ConfigError
from shared.spam.verdicts import Mode

DEFAULT_ROOT = ROOT / ".local/cloud"
MODERATION = ROOT / "infra/moderation.yaml"
PROJECT, DATASET, MODEL_BUCKET = "sekisho-local", "sekisho", "sekisho-models"
STATE_BUCKET = "sekisho-state"
TOPICS = {function.name: function.topic for function in FUNCTIONS if function.topic}
NEW_POSTS, KPI_TABLES_TOPIC = TOPICS["judge_post"], TOPICS["check_kpi_table"]
DEAD_POSTS = dead_topic(NEW_POSTS)
EMULATORS, STAND_INS = ("bigquery", "storage", "pubsub"), ("platform", "slack")
SERVICES = (*EMULATORS, *STAND_INS, *(function.name for function in FUNCTIONS))
AROUND_PROXIES = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
KEPT = (*EMULATORS, *STAND_INS, "secrets.json", "moderation.yaml")
"""What a data folder keeps from one run to the next, and a fresh start wipes."""


class LocalCloud:
    """All services on loopback ports, with their data under `root`; or just those named in `only`.

    `mode` is the mode in force; without one, whatever infra/moderation.yaml says, read at every run as in
    the cloud. `fresh` wipes the data first. `overrides` are added to the functions' environment. `homes` says
    which functions run from elsewhere than this checkout. One cloud runs per root: another raises
    AlreadyRunning.
    """

    def __init__(
        self,
        root: Path = DEFAULT_ROOT,
        *,
        mode: Mode | None = None,
        fresh: bool = False,
        only: Collection[str] = SERVICES,
        overrides: Mapping[str, str] | None = None,
        homes: Mapping[str, Home] | None = None,
    ) -> None:
        if unknown := set(only) - set(SERVICES):
            raise ConfigError(f"services: expected some of {', '.join(SERVICES)}, came {min(unknown)!r}")
        self.root = root.resolve()
        self.mode = mode
        self._moderation = MODERATION
        self.services = tuple(name for name in SERVICES if name in only)
        self.environment: dict[str, str] = {}
        self._state: CloudState | None = None
        self.has_google_pubsub = "pubsub" in self.services and google_pubsub_emulator() is not None
        self._fresh = fresh
        self._overrides = dict(overrides or {})
        self.homes = dict(homes or {})
        self._ports: dict[str, int] = {}
        self._processes = Processes(self.root / "logs")
        self._claim: Claim | None = None

    def __enter__(self) -> "LocalCloud":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, on_ready: Callable[[str], None] | None = None) -> None:
        """Starts everything and waits until it works; `on_ready` is told each service as it gets ready.

        Where one fails all are stopped, and ProgramFailed says which, with the end of its log.
        """
        self._claim = Claim(self.root)
        os.environ.update(AROUND_PROXIES)  # a proxy set for the world outside can't reach this machine
        try:
            self._prepare_folder()
            for program in self._programs():
                self._processes.start(program)
            emulators = [name for name in EMULATORS if name in self.services]
            self._processes.wait_until_ready(emulators, on_ready)
            self._create_resources()
            self._processes.wait_until_ready(on_ready=on_ready)
            self._state = self._told()
            self._state.save(self.root)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops everything, the last started first, and gives the folder free."""
        if self._claim:
            self._claim.forget()
            self._processes.stop()
            self._claim.release()

    def check_alive(self) -> None:
        """Raises ProgramFailed where a service ended by itself."""
        self._processes.check_alive()

    def url(self, name: str) -> str:
        """The base URL of a service."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def function_url(self, name: str) -> str:
        """The URL a function is called at. A message's path names its topic, which gives it its source."""
        return self.url(name) + (f"/projects/{PROJECT}/topics/{TOPICS[name]}" if name in TOPICS else "/")

    def post(self, function: str, payload: Any = None, timeout_seconds: float = 300) -> requests.Response:
        """Calls a function as Cloud Scheduler does: a plain POST."""
        return requests.post(self.function_url(function), json=payload or {}, timeout=timeout_seconds)

    @property
    def state(self) -> CloudState:
        """What runs where, for those who did not start it."""
        if self._state is None:
            raise RuntimeError("the cloud is not started yet")
        return self._state

    @property
    def settings(self) -> settings.Cloud:
        """The cloud as production code is told of it."""
        return settings.cloud(self.environment)

    def _prepare_folder(self) -> None:
        if self._fresh:
            for name in KEPT:
                path = self.root / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if self.mode:
            self._moderation = self.root / "moderation.yaml"
            self._moderation.write_text(f"mode: {self.mode.value}\n", "utf-8")
        *ports, self._bigquery_grpc_port = free_ports(len(SERVICES) + 1)
        self._ports = dict(zip(SERVICES, ports, strict=True))
        self.environment = self._environment()

    def _environment(self) -> dict[str, str]:
        """What the functions are told, as Terraform tells them in the cloud."""
        hosts = {
            "bigquery": ("BIGQUERY_EMULATOR_HOST", self.url("bigquery")),
            "storage": ("STORAGE_EMULATOR_HOST", self.url("storage")),
            "pubsub": ("PUBSUB_EMULATOR_HOST", self.url("pubsub").removeprefix("http://")),
        }
        return {
            **local_secrets(self.root / "secrets.json"),
            **dict(hosts[name] for name in EMULATORS if name in self.services),
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "SEKISHO_DATASET": DATASET,
            "SEKISHO_MODEL_BUCKET": MODEL_BUCKET,
            "SEKISHO_PLATFORM_URL": self.url("platform"),
            "SEKISHO_TAKEDOWNS": "platform",
            "SEKISHO_NEW_POSTS_TOPIC": NEW_POSTS,
            "SEKISHO_DEAD_POSTS_TOPIC": DEAD_POSTS,
            "SEKISHO_MODERATION": str(self._moderation),
            "SEKISHO_BANNED_WORDS": str(ROOT / "infra/banned_words.txt"),
            "SEKISHO_KPI_TABLES": str(ROOT / "infra/kpi_tables"),
            "SEKISHO_CALENDAR": str(ROOT / "infra/calendar.yaml"),
            "SEKISHO_KPI_TOPIC": KPI_TABLES_TOPIC,
            "SEKISHO_STATE_BUCKET": STATE_BUCKET,
            "SEKISHO_ALERTS": "slack",
            "SEKISHO_SLACK_API_URL": f"{self.url('slack')}/api/",
            **AROUND_PROXIES,
            **self._overrides,
        }

    def _programs(self) -> Iterator[Program]:
        """What to start, slow starters first; none needs another one to boot."""
        wanted, ports = frozenset(self.services), self._ports
        if "bigquery" in wanted:
            storage_url = self.url("storage") if "storage" in wanted else ""
            yield bigquery_program(
                ports["bigquery"], self._bigquery_grpc_port, self.root / "bigquery", storage_url
            )
        if "pubsub" in wanted:
            yield pubsub_program(ports["pubsub"])
        if "storage" in wanted:
            yield storage_program(ports["storage"], self.root / "storage")
        if "platform" in wanted:
            receive, review = self.function_url("receive_new_post"), self.function_url("record_review")
            yield self._stand_in("platform", "--receive-url", receive, "--review-url", review)
        if "slack" in wanted:
            yield self._stand_in("slack")
        for function in FUNCTIONS:
            if function.name in wanted:
                home = self.homes.get(function.name)
                yield function_program(function, ports[function.name], self.environment, home)

    def _stand_in(self, name: str, *arguments: str) -> Program:
        data = self.root / name
        data.mkdir(exist_ok=True)
        port = ("--port", str(self._ports[name]))
        return Program(
            name=name,
            command=python(f"infra.local.{name}", *port, "--data", str(data), *arguments),
            environment=self.environment,
            is_ready=answers_http(f"{self.url(name)}/healthz"),
        )

    def _create_resources(self) -> None:
        from infra.local import resources  # noqa: PLC0415 - Google's libraries load while programs boot

        if "pubsub" in self.services:
            for function in FUNCTIONS:
                if function.topic:
                    endpoint = self.function_url(function.name) if function.name in self.services else None
                    resources.create_topic(self.settings, function, endpoint)
        if "storage" in self.services:
            for bucket in (MODEL_BUCKET, STATE_BUCKET):
                resources.create_bucket(self.settings, bucket)
        if "bigquery" in self.services:
            resources.create_dataset(self.settings)

    def _told(self) -> CloudState:
        services = {}
        for name in self.services:
            process = Identity.of(self._processes.running[name].process.pid)
            if process is None:
                raise ProgramFailed(
                    f"{name}: ended right after it was ready; its log is in {self.root / 'logs'}"
                )
            is_function = name not in (*EMULATORS, *STAND_INS)
            services[name] = Service(self.function_url(name) if is_function else self.url(name), process)
        mode = self.mode.value if self.mode else f"as in {MODERATION.relative_to(ROOT)}"
        return CloudState(own_identity(), mode, services)
