"""Servers the tests share, started when the first test asks for them; and who runs what when several do."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import override

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from infra.environments import python_with_pins, unpacked
from infra.local.cloud import LocalCloud
from infra.local.emulators import bigquery_program, storage_program
from infra.local.functions import Home
from infra.local.processes import Processes, free_ports
from infra.package import function_names
from shared.settings import Cloud
from shared.spam.verdicts import Mode

KPI_FUNCTIONS = ("test_asking", "test_kpi_checks", "test_send_summary")


class ByServers(LoadScopeScheduling):  # type: ignore[misc]
    """A worker gets a file at a time, so that the servers of a module are started once."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return servers_of(nodeid)


def servers_of(nodeid: str) -> str:
    """What a test runs together with: its file, or all that share a cloud and its logs."""
    file = PurePath(nodeid.partition("::")[0])
    if file.parent.name != "functions" or file.stem == "test_kpi_scenarios":  # that has a cloud of its own
        return str(file)
    return "KPI functions" if file.stem in KPI_FUNCTIONS else "post functions"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --packaged."""
    parser.addoption(
        "--packaged", action="store_true", help="run functions from their archives, each with its own pins"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Hands out work `ByServers` where it is handed out by scope."""
    return ByServers(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """What the session's servers are started with, and stopped by at its end."""
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        yield processes


@pytest.fixture(scope="session")
def storage_emulator(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The base URL of Cloud Storage's emulator. Buckets are a test's own: name them uniquely."""
    port = free_ports(1)[0]
    processes.start(storage_program(port, tmp_path_factory.mktemp("storage")))
    processes.wait_until_ready(["storage"])
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def bigquery_emulator(
    processes: Processes, storage_emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The base URL of BigQuery's emulator, which reads `gs://` from the storage emulator."""
    port, grpc_port = free_ports(2)
    processes.start(bigquery_program(port, grpc_port, tmp_path_factory.mktemp("bigquery"), storage_emulator))
    processes.wait_until_ready(["bigquery"])
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def cloud_settings(bigquery_emulator: str, storage_emulator: str) -> Cloud:
    """The settings of a cloud made of the session's emulators, with a dataset name nobody else uses.

    The dataset and its tables are not there yet: whoever needs them makes them.
    """
    return Cloud(
        project="sekisho-local",
        dataset=f"sekisho_{uuid.uuid4().hex[:12]}",
        bigquery_emulator=bigquery_emulator,
        storage_emulator=storage_emulator,
    )


@pytest.fixture(scope="session")
def homes(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Home]:
    """Where functions run that do not run from the checkout: with --packaged all, from what is deployed."""
    if not pytestconfig.getoption("packaged"):
        return {}
    folder = tmp_path_factory.mktemp("packages")
    return {name: Home(unpacked(name, folder / name), python_with_pins(name)) for name in function_names()}


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory, homes: Mapping[str, Home]) -> Iterator[LocalCloud]:
    """Everything, in mode auto. Tests that share it must use posts of their own."""
    with LocalCloud(tmp_path_factory.mktemp("cloud"), mode=Mode.AUTO, homes=homes) as cloud:
        yield cloud
