"""Each function starts from its own archive with its own pins: all it needs is there, nothing it needs not.

It is loaded as the cloud's functions-framework loads it, in an environment of its own.
"""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.environments import python_with_pins, unpacked
from infra.package import function_names

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
        installed=(BIGQUERY, STORAGE, "numpy", *WORDS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.platform_api", "shared.webhooks", "shared.spam.enforcement"),
    ),
    "judge_new_posts": Needs(
        installed=(BIGQUERY, STORAGE, YAML, PLATFORM, "numpy", *WORDS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.webhooks", "shared.spam.training", "numpy"),
    ),
    "judge_post": Needs(
        installed=(BIGQUERY, STORAGE, PUBSUB, YAML, PLATFORM, "numpy", *WORDS),
        not_loaded=(WEBHOOK, "shared.webhooks", "shared.spam.training", "shared.spam.counts", "numpy"),
    ),
    "receive_new_post": Needs(
        installed=(PUBSUB, WEBHOOK),
        not_loaded=(BIGQUERY, STORAGE, *WORDS, "shared.platform_api", "shared.judges"),
    ),
    "record_review": Needs(
        installed=(BIGQUERY, WEBHOOK, PLATFORM),
        not_loaded=(STORAGE, PUBSUB, *WORDS, "shared.judges", "shared.gcp.model_store"),
    ),
    "tokenize_posts": Needs(
        installed=WORDS,
        not_loaded=(BIGQUERY, STORAGE, PUBSUB, WEBHOOK, PLATFORM, "shared.gcp", "shared.spam.counts", "re2"),
    ),
    "check_kpis": Needs(
        installed=(BIGQUERY, STORAGE, PUBSUB, YAML),
        not_loaded=(WEBHOOK, "shared.spam", "shared.kpi.detection.judging", "shared.alerts", "numpy"),
    ),
    "check_kpi_table": Needs(
        installed=(BIGQUERY, STORAGE, YAML, "holidays", "slack_sdk", *CHARTS, *FORECASTS),
        not_loaded=(PUBSUB, WEBHOOK, "shared.spam", "matplotlib", "slack_sdk", "prophet", "pandas", "scipy"),
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
    assert set(function_names()) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_starts_with_only_its_own_pins(
    name: str, tmp_path: Path, report: Callable[[str, str], None]
) -> None:
    needs = FUNCTIONS[name]
    archive = unpacked(name, tmp_path)
    python = python_with_pins(name)

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
