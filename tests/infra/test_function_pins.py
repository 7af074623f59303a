"""Each function starts from its own archive with its own pins: all it needs is there, nothing it needs not.

A function's archive is its main.py, its requirements.txt and shared/. It is loaded here as the cloud's
functions-framework loads it, in a virtual environment made of that requirements.txt alone. Environments are
kept under .local/venvs/functions by content, so that only the first run installs.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENVS = ROOT / ".local/venvs/functions"
HEAVY = frozenset({"pandas", "numpy", "scipy", "matplotlib", "prophet", "holidays", "slack_sdk", "MeCab"})
"""Only where a function names them. Not even installed elsewhere, as that costs too: with pandas on the path
the BigQuery client alone takes four times as long to import."""
NOWHERE = frozenset({"sklearn", "rich", "typer", "plotly", "playwright", "gcp_storage_emulator"})
"""Of the laptop, or of nobody."""

BIGQUERY, STORAGE, PUBSUB = "google.cloud.bigquery", "google.cloud.storage", "google.cloud.pubsub_v1"
WORDS = ("MeCab", "ipadic", "selectolax.lexbor", "re2")
WEBHOOK, PLATFORM, YAML = "standardwebhooks", "requests", "yaml"
CHARTS, FORECASTS = ("matplotlib", "matplotlib_fontja", "numpy"), ("prophet", "pandas", "scipy")


@dataclass(frozen=True)
class Needs:
    """What a function's pins must hold, and what loading it must not bring in."""

    installed: tuple[str, ...]
    not_loaded: tuple[str, ...]

    @property
    def must_not_be_there(self) -> list[str]:
        """What its pins must not hold."""
        return sorted(NOWHERE | HEAVY - {module.split(".")[0] for module in self.installed})


FUNCTIONS = {
    "train_spam_model": Needs(
        installed=(BIGQUERY, STORAGE, *WORDS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.platform_api", "shared.webhooks", "shared.spam.enforcement"),
    ),
    "judge_new_posts": Needs(
        installed=(BIGQUERY, STORAGE, YAML, PLATFORM, *WORDS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.webhooks", "shared.spam.training"),
    ),
    "judge_post": Needs(
        installed=(BIGQUERY, STORAGE, PUBSUB, YAML, PLATFORM, *WORDS),
        not_loaded=(WEBHOOK, "shared.webhooks", "shared.spam.training"),
    ),
    "receive_new_post": Needs(
        installed=(PUBSUB, WEBHOOK),
        not_loaded=(BIGQUERY, STORAGE, *WORDS, "shared.platform_api", "shared.judges"),
    ),
    "record_review": Needs(
        installed=(BIGQUERY, WEBHOOK, PLATFORM),
        not_loaded=(STORAGE, PUBSUB, *WORDS, "shared.judges", "shared.gcp.model_store"),
    ),
    "check_kpis": Needs(
        installed=(BIGQUERY, STORAGE, PUBSUB, YAML),
        not_loaded=(WEBHOOK, "shared.spam", "shared.kpi.detection.judging", "shared.alerts", "numpy"),
    ),
    "check_kpi_table": Needs(
        installed=(BIGQUERY, STORAGE, YAML, "holidays", "slack_sdk", *CHARTS, *FORECASTS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.spam", "matplotlib", "slack_sdk"),
    ),
    "send_summary": Needs(
        installed=(BIGQUERY, STORAGE, YAML, "holidays", "slack_sdk", *CHARTS),
        not_loaded=(
            PUBSUB,
            WEBHOOK,
            "shared.spam",
            "shared.kpi.detection.judging",
            "matplotlib",
            "slack_sdk",
        ),
    ),
}

LOADER = """
import importlib, importlib.util, json, sys, time
name, needed, nowhere = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
begun = time.perf_counter()
import functions_framework
framework = time.perf_counter()
functions_framework.create_app(target=name, source="main.py")
ended = time.perf_counter()
loaded = sorted(sys.modules)
missing = []
for module in needed:
    try:
        importlib.import_module(module)
    except ImportError as error:
        missing.append(f"{module}: {error}")
print(json.dumps({
    "loaded": loaded,
    "main": str(sys.modules["main"].__file__),
    "missing": missing,
    "installed": [module for module in nowhere if importlib.util.find_spec(module)],
    "framework_seconds": framework - begun,
    "function_seconds": ended - framework,
}))
"""


def test_every_function_has_its_needs_written_here() -> None:
    assert {path.parent.name for path in ROOT.glob("functions/*/main.py")} == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_starts_with_only_its_own_pins(
    name: str, tmp_path: Path, report: Callable[[str, str], None]
) -> None:
    needs = FUNCTIONS[name]
    archive = unpacked_archive(name, tmp_path / "archive")
    python = python_with_pins(ROOT / "functions" / name / "requirements.txt")

    load(python, archive, name, needs)  # byte code is compiled once, by the build in the cloud
    found = load(python, archive, name, needs)

    assert found["main"] == str(archive / "main.py")
    assert found["missing"] == []
    assert found["installed"] == []
    assert set(found["loaded"]) & {*needs.must_not_be_there, *needs.not_loaded} == set()
    framework, function = found["framework_seconds"], found["function_seconds"]
    report(
        "import time per function, with only its own pins",
        f"{name:<18}{function:5.2f} s after functions-framework's {framework:.2f} s"
        f"  ({len(found['loaded'])} modules)",
    )


def unpacked_archive(name: str, folder: Path) -> Path:
    """The folder a function's archive is unpacked to: what is uploaded, and nothing else of the checkout."""
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("main.py", "requirements.txt"):
        shutil.copy(ROOT / "functions" / name / file, folder)
    return folder


def python_with_pins(requirements: Path) -> Path:
    """The interpreter of a virtual environment of exactly these pins, hash-checked; made at most once."""
    made_from = requirements.read_bytes() + sys.version.encode() + str(ROOT).encode()
    venv = VENVS / f"{requirements.parent.name}-{hashlib.sha256(made_from).hexdigest()[:16]}"
    python = venv / "bin/python"
    if (venv / ".made").exists():
        return python
    for older in VENVS.glob(f"{requirements.parent.name}-*"):
        shutil.rmtree(older)
    uv("venv", "--clear", "--no-project", "--python", sys.executable, str(venv))
    uv("pip", "sync", "--require-hashes", "--python", str(python), str(requirements))
    (venv / ".made").touch()
    return python


def uv(*arguments: str) -> None:
    """Runs the pinned uv, trusting the certificates the machine trusts."""
    command = [str(Path(sys.executable).with_name("uv")), "--quiet", *arguments]
    done = subprocess.run(
        command, env={"UV_SYSTEM_CERTS": "1", **os.environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def load(python: Path, archive: Path, name: str, needs: Needs) -> dict[str, Any]:
    """What LOADER finds in a process that knows the archive and its pins, and nothing of this checkout."""
    done = subprocess.run(
        [python, "-P", "-c", LOADER, name, json.dumps(needs.installed), json.dumps(needs.must_not_be_there)],
        cwd=archive,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
