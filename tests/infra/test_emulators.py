"""Which emulators are used is found out from the machine, and said where something is missing."""

from pathlib import Path

import pytest

from infra.local import emulators
from infra.local.emulators import bigquery_program, google_pubsub_emulator, pubsub_program
from shared.errors import ConfigError


@pytest.fixture
def sdk(tmp_path: Path) -> Path:
    """A Cloud SDK with the Pub/Sub emulator, and a folder for PATH with gcloud (a link) and java."""
    script = tmp_path / "sdk/platform/pubsub-emulator/bin/cloud-pubsub-emulator"
    for program in (script, tmp_path / "sdk/bin/gcloud", tmp_path / "path/java"):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch(mode=0o755)
    (tmp_path / "path/gcloud").symlink_to(tmp_path / "sdk/bin/gcloud")
    return script


@pytest.fixture(autouse=True)
def no_usual_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulators, "_USUAL_SDKS", ())


def test_googles_pubsub_is_found_through_gcloud_on_path(sdk: Path, tmp_path: Path) -> None:
    assert google_pubsub_emulator({"PATH": str(tmp_path / "path")}) == sdk


def test_googles_pubsub_is_found_where_the_environment_says(sdk: Path, tmp_path: Path) -> None:
    (tmp_path / "path/gcloud").unlink()
    path = str(tmp_path / "path")
    assert google_pubsub_emulator({"PATH": path}) is None
    assert google_pubsub_emulator({"PATH": path, "GOOGLE_CLOUD_SDK": str(tmp_path / "sdk")}) == sdk


def test_googles_pubsub_is_of_no_use_without_java(sdk: Path, tmp_path: Path) -> None:
    (tmp_path / "path/java").unlink()
    environment = {"PATH": str(tmp_path / "path")}
    assert google_pubsub_emulator(environment) is None
    with pytest.raises(ConfigError, match="needs java on PATH"):
        google_pubsub_emulator({**environment, "SEKISHO_PUBSUB_EMULATOR": "google"})


def test_our_own_pubsub_can_be_forced(sdk: Path, tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path / "path"), "SEKISHO_PUBSUB_EMULATOR": "own"}
    assert "infra.local.pubsub" in pubsub_program(1, environment).command


def test_an_unknown_choice_of_pubsub_is_named() -> None:
    with pytest.raises(ConfigError, match="SEKISHO_PUBSUB_EMULATOR: expected google or own, came 'mine'"):
        google_pubsub_emulator({"SEKISHO_PUBSUB_EMULATOR": "mine"})


def test_a_missing_bigquery_emulator_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emulators, "ROOT", tmp_path)
    with pytest.raises(ConfigError, match="run `make setup`"):
        bigquery_program(1, 2, tmp_path / "data")
