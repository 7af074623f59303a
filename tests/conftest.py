"""Servers the tests share: started when the first test asks for them, once per session."""

import uuid
from collections.abc import Iterator

import pytest

from infra.local.cloud import LocalCloud
from infra.local.emulators import bigquery_program, storage_program
from infra.local.processes import Processes, free_ports
from shared.settings import Cloud
from shared.spam.verdicts import Mode


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
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Everything, in mode auto. Tests that share it must use posts of their own."""
    with LocalCloud(tmp_path_factory.mktemp("cloud"), mode=Mode.AUTO) as cloud:
        yield cloud
