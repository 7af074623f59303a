"""The local cloud starts whole or in parts, keeps its data, and leaves nothing behind."""

import dataclasses
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from infra.local.cloud import MODEL_BUCKET, SERVICES, LocalCloud
from infra.local.processes import Processes, ProgramFailed
from infra.local.state import AlreadyRunning, Claim, CloudState, Identity, own_identity
from shared.errors import ConfigError
from shared.gcp.clients import storage_client
from shared.spam.verdicts import Mode

WAIT_SECONDS = 30.0
STORAGE = ("storage",)


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.05)


def group_of(pid: int) -> list[int]:
    """The living processes of a process group."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group = (folder / "stat").read_text().rsplit(")", 1)[1].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(group) == pid and state != "Z":
            members.append(int(folder.name))
    return members


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `sekisho up` in a folder of the test, as an operator would."""
    started: list[subprocess.Popen[str]] = []

    def start(*services: str) -> subprocess.Popen[str]:
        only = [part for name in services for part in ("--only", name)]
        command = [sys.executable, "-m", "infra.cli.main", "up", "--root", str(tmp_path), *only]
        environment = {**os.environ, "COLUMNS": "200"}
        started.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def running(root: Path) -> CloudState:
    wait_for(lambda: CloudState.load(root))
    state = CloudState.load(root)
    assert state
    return state


def test_data_is_kept_until_a_fresh_start(tmp_path: Path) -> None:
    with LocalCloud(tmp_path, only=STORAGE) as cloud:
        storage_client(cloud.settings).bucket(MODEL_BUCKET).blob("current.json").upload_from_string("{}")
        secrets = (tmp_path / "secrets.json").read_text()
    with LocalCloud(tmp_path, only=STORAGE) as cloud:
        assert storage_client(cloud.settings).bucket(MODEL_BUCKET).blob("current.json").exists()
        assert (tmp_path / "secrets.json").read_text() == secrets
    with LocalCloud(tmp_path, only=STORAGE, fresh=True) as cloud:
        assert not storage_client(cloud.settings).bucket(MODEL_BUCKET).blob("current.json").exists()
        assert (tmp_path / "secrets.json").read_text() != secrets


def test_secrets_are_readable_by_their_owner_only_and_differ_between_folders(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        with LocalCloud(tmp_path / name, only=STORAGE) as cloud:
            told.append(cloud.environment)
        assert stat.S_IMODE((tmp_path / name / "secrets.json").stat().st_mode) == 0o600
    for variable in ("SEKISHO_MODEL_KEY", "SEKISHO_PLATFORM_TOKEN", "SEKISHO_WEBHOOK_SECRET"):
        assert told[0][variable] != told[1][variable]
    assert told[0]["SEKISHO_WEBHOOK_SECRET"].startswith("whsec_")


def test_mode_and_overrides_reach_the_functions(tmp_path: Path) -> None:
    with LocalCloud(tmp_path, only=STORAGE, mode=Mode.CAPPED, overrides={"SEKISHO_DELAY": "3"}) as cloud:
        assert Path(cloud.environment["SEKISHO_MODERATION"]).read_text() == "mode: capped\n"
        assert cloud.environment["SEKISHO_DELAY"] == "3"
        assert "BIGQUERY_EMULATOR_HOST" not in cloud.environment, "what is not started is not told"


def test_an_unknown_service_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="came 'storge'"):
        LocalCloud(tmp_path, only=("storge",))


def test_one_cloud_runs_per_folder(tmp_path: Path) -> None:
    with LocalCloud(tmp_path, only=STORAGE) as first:
        with pytest.raises(AlreadyRunning, match="runs there already"):
            LocalCloud(tmp_path, only=STORAGE, fresh=True).start()
        first.check_alive()
        assert storage_client(first.settings).bucket(MODEL_BUCKET).exists()
    assert not Claim.is_held(tmp_path)


def test_a_failed_start_stops_what_was_started_and_gives_the_folder_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    start = Processes.start

    def remember(processes: Processes, program: Any) -> None:
        start(processes, dataclasses.replace(program, command=("false",)) if started else program)
        started.append(processes.running[program.name].process.pid)

    monkeypatch.setattr(Processes, "start", remember)
    with pytest.raises(ProgramFailed, match="receive_new_post: ended with exit code 1"):
        LocalCloud(tmp_path, only=("storage", "receive_new_post")).start()
    assert len(started) == 2
    assert not any(map(group_of, started))
    assert not Claim.is_held(tmp_path)


def test_pubsub_is_furnished_as_in_the_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKISHO_PUBSUB_EMULATOR", "own")
    with LocalCloud(tmp_path, only=("pubsub",)) as cloud:
        address = cloud.environment["PUBSUB_EMULATOR_HOST"]
        with grpc.insecure_channel(address) as channel:
            subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
            dead = subscriber.get_subscription(
                subscription="projects/sekisho-local/subscriptions/new-posts-dead"
            )
    assert dead.topic == "projects/sekisho-local/topics/new-posts-dead"


def test_a_state_is_believed_only_while_its_process_lives(tmp_path: Path) -> None:
    CloudState(own_identity(), "auto").save(tmp_path)
    assert CloudState.load(tmp_path) is not None
    same_pid = dataclasses.replace(own_identity(), started="another boot/1")
    for owner in (same_pid, Identity(2**22 + 1, own_identity().started)):
        CloudState(owner, "auto").save(tmp_path)
        assert CloudState.load(tmp_path) is None
    for damaged in ("", "{", "[]", '{"owner": 3}', json.dumps({"owner": {"pid": 1}})):
        (tmp_path / "state.json").write_text(damaged)
        assert CloudState.load(tmp_path) is None


def test_up_ends_well_when_asked_and_leaves_nothing(
    tmp_path: Path, up: Callable[..., subprocess.Popen[str]]
) -> None:
    first = up("storage", "receive_new_post")
    state = running(tmp_path)
    assert requests.get(state.services["storage"].url, timeout=10).ok

    second = up("storage")
    told = second.communicate(timeout=WAIT_SECONDS)[0]
    assert second.returncode == 0
    assert state.services["storage"].url in told

    first.send_signal(signal.SIGTERM)
    output = first.communicate(timeout=WAIT_SECONDS)[0]
    assert first.returncode == 0, output
    assert state.services["storage"].url in output
    assert not [pid for each in state.services.values() for pid in group_of(each.process.pid)]
    assert CloudState.load(tmp_path) is None


def test_up_can_be_stopped_while_it_starts(tmp_path: Path, up: Callable[..., subprocess.Popen[str]]) -> None:
    process = up("bigquery", "storage")
    wait_for((tmp_path / "logs/bigquery.log").exists)
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=WAIT_SECONDS)[0]
    assert process.returncode == 0, output
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if str(tmp_path).encode() in command]


def test_a_killed_up_leaves_no_orphan_and_is_replaced(
    tmp_path: Path, up: Callable[..., subprocess.Popen[str]]
) -> None:
    first = up("storage", "receive_new_post")
    state = running(tmp_path)
    groups = [each.process.pid for each in state.services.values()]
    assert len(group_of(state.services["receive_new_post"].process.pid)) > 1, "workers count too"
    first.kill()
    first.wait()
    wait_for(lambda: not any(map(group_of, groups)))
    assert CloudState.load(tmp_path) is None, "its state is still there, and stale"

    second = up("storage")
    assert running(tmp_path).owner.pid == second.pid
    second.send_signal(signal.SIGINT)
    assert second.wait(WAIT_SECONDS) == 0


def test_of_two_started_together_one_wins_and_both_tell_the_same(
    tmp_path: Path, up: Callable[..., subprocess.Popen[str]]
) -> None:
    both = [up("storage"), up("storage")]
    wait_for(lambda: any(process.poll() is not None for process in both))
    loser, winner = sorted(both, key=lambda process: process.poll() is None)
    told = loser.communicate(timeout=WAIT_SECONDS)[0]
    assert loser.returncode == 0, told
    assert running(tmp_path).owner.pid == winner.pid
    assert running(tmp_path).services["storage"].url in told
    winner.send_signal(signal.SIGTERM)
    assert winner.wait(WAIT_SECONDS) == 0


def test_up_says_which_service_ended_and_fails(
    tmp_path: Path, up: Callable[..., subprocess.Popen[str]]
) -> None:
    process = up("storage")
    os.kill(running(tmp_path).services["storage"].process.pid, signal.SIGKILL)
    output = process.communicate(timeout=WAIT_SECONDS)[0]
    assert process.returncode == 1
    assert re.search(r"^error: storage: ended by itself with signal SIGKILL", output, re.MULTILINE)
    assert "Traceback" not in output


def test_everything_starts(local_cloud: LocalCloud) -> None:
    local_cloud.check_alive()
    assert local_cloud.services == SERVICES
    for name in ("platform", "slack"):
        assert requests.get(local_cloud.url(name), timeout=10).ok
