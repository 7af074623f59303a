"""The emulators of Google's services: where each is found and how it is started.

BigQuery is `local-bigquery`, Cloud Storage is ours around gcp-storage-emulator, Pub/Sub is Google's own
emulator where the Cloud SDK brought it and ours (pubsub/) where not.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.local.processes import Program, answers_http, listens
from shared.errors import ConfigError

ROOT = Path(__file__).parents[2]
PUBSUB_CHOICE = "SEKISHO_PUBSUB_EMULATOR"
_PUBSUB_IN_SDK = Path("platform/pubsub-emulator/bin/cloud-pubsub-emulator")
_USUAL_SDKS = ("/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk", "/snap/google-cloud-cli/current")


def bigquery_program(port: int, grpc_port: int, data: Path, storage_url: str = "") -> Program:
    """BigQuery. Knows the storage emulator at `storage_url`, so that `gs://` loads work."""
    venv = ROOT / ".local/venvs/local-bigquery"
    command = venv / "bin/local-bigquery"
    if not command.exists():
        raise ConfigError(
            f"BigQuery emulator: expected {command.relative_to(ROOT)}, found nothing; run `make setup`"
        )
    data.mkdir(parents=True, exist_ok=True)
    script = Path(__file__).with_name("bigquery_emulator.py")
    return Program(
        name="bigquery",
        command=(
            *(str(venv / "bin/python"), "-P", "-u", str(script)),
            *("--host", "127.0.0.1", "--port", str(port), "--grpc-port", str(grpc_port)),
            *("--data-dir", str(data)),
        ),
        # DuckDB finds its extensions under HOME, where setup.sh put them.
        environment={"HOME": str(venv)} | ({"STORAGE_EMULATOR_HOST": storage_url} if storage_url else {}),
        is_ready=answers_http(f"http://127.0.0.1:{port}/bigquery/v2/projects/sekisho-local/datasets"),
        ready_within_seconds=120,
    )


def storage_program(port: int, data: Path) -> Program:
    """Cloud Storage, with preconditions."""
    return Program(
        name="storage",
        command=python("infra.local.storage_emulator", "--port", str(port), "--data", str(data)),
        is_ready=answers_http(f"http://127.0.0.1:{port}/"),
    )


def pubsub_program(port: int, environment: Mapping[str, str] = os.environ) -> Program:
    """Pub/Sub: Google's emulator where there is one, or ours."""
    google = google_pubsub_emulator(environment)
    return google_pubsub_program(google, port) if google else own_pubsub_program(port)


def google_pubsub_program(command: Path, port: int) -> Program:
    """Google's Pub/Sub emulator."""
    return Program(
        name="pubsub",
        command=(str(command), "--host=127.0.0.1", f"--port={port}"),
        is_ready=answers_http(f"http://127.0.0.1:{port}/"),
        ready_within_seconds=120,
    )


def own_pubsub_program(port: int) -> Program:
    """Our stand-in for Pub/Sub."""
    return Program(
        name="pubsub",
        command=python("infra.local.pubsub", "--port", str(port)),
        is_ready=listens(port),
    )


def google_pubsub_emulator(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The start script of Google's Pub/Sub emulator, or None where it, or Java, is missing or unwanted.

    SEKISHO_PUBSUB_EMULATOR may be `google` (then a missing one is a ConfigError), `own`, or not set.
    """
    choice = environment.get(PUBSUB_CHOICE, "")
    if choice not in ("", "google", "own"):
        raise ConfigError(f"{PUBSUB_CHOICE}: expected google or own, came {choice!r}")
    if choice == "own":
        return None
    path = environment.get("PATH", os.defpath)
    scripts = [sdk / _PUBSUB_IN_SDK for sdk in _sdk_folders(environment, path)]
    found = next((script for script in scripts if os.access(script, os.X_OK)), None)
    has_java = "JAVA_HOME" in environment or shutil.which("java", path=path) is not None
    if found and has_java:
        return found
    if choice == "google":
        missing = "java on PATH" if found else "`gcloud components install pubsub-emulator`"
        raise ConfigError(f"{PUBSUB_CHOICE}=google: expected Google's emulator, found none; needs {missing}")
    return None


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs one of our modules; unbuffered, so that its log is whole when it dies."""
    return (sys.executable, "-u", "-m", module, *arguments)


def _sdk_folders(environment: Mapping[str, str], path: str) -> Iterator[Path]:
    if told := environment.get("GOOGLE_CLOUD_SDK"):
        yield Path(told)
    if gcloud := shutil.which("gcloud", path=path):
        yield Path(gcloud).resolve().parents[1]
    yield from map(Path, _USUAL_SDKS)
    if home := environment.get("HOME"):
        yield Path(home) / "google-cloud-sdk"
