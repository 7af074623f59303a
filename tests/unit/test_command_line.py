"""The sekisho command as a shell runs it: whatever goes wrong outside is one line, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEKISHO = [sys.executable, "-m", "infra.cli.main"]
ROOT = Path(__file__).resolve().parents[2]


def run(
    *arguments: str, stdout: int = subprocess.PIPE, without: tuple[str, ...] = (), **environment: str
) -> tuple[int, str, str]:
    known = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [*SEKISHO, *arguments],
        cwd=ROOT,
        env=known | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout or "", done.stderr


def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        code, _, told = run("train", "--help", stdout=full.fileno())
    assert (code, told) == (1, "error: reading or writing: No space left on device\n")


def test_a_reader_that_left_is_no_error_to_tell() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        code, _, told = run("train", "--help", stdout=writes)
    finally:
        os.close(writes)
    assert (code, told) == (1, "")


def test_a_terminal_of_ascii_alone_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "題.csv"
    code, _, told = run("judge", str(file), "--model", str(tmp_path / "無"), PYTHONIOENCODING="ascii")
    assert code == 1
    assert told.startswith("error: ")
    assert "Traceback" not in told
    program = "import sys, infra.cli.main as m; m.app = lambda: print('題'); m.main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=dict(os.environ) | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"?\n", b"")


@pytest.mark.parametrize("named", ["none.json", "."], ids=["no such file", "a folder"])
def test_tables_without_credentials_say_what_is_expected(named: str, tmp_path: Path) -> None:
    code, out, told = run(
        "create-tables",
        without=("BIGQUERY_EMULATOR_HOST",),
        GOOGLE_CLOUD_PROJECT="a-project",
        GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / named),
        NO_GCE_CHECK="true",
    )
    assert (code, out) == (1, "")
    assert told.startswith("error: Google Cloud: expected credentials (")
    assert told.count("\n") == 1


@pytest.mark.parametrize("client", ["bigquery_client", "storage_client", "publisher_client"])
def test_every_client_says_which_credentials_it_expected(client: str, tmp_path: Path) -> None:
    program = (
        "from shared.errors import ConfigError\nfrom shared.gcp import clients\n"
        "from shared.settings import Cloud\n"
        f"try:\n    clients.{client}(Cloud('p', 'd'))\nexcept ConfigError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=dict(os.environ)
        | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none"), "NO_GCE_CHECK": "true"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("Google Cloud: expected credentials (")
