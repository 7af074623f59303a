"""cloudbuild.yaml does what it promises: the Makefile's targets, in order, and only what was read is applied.

Each step's script is run here, in the order of its waitFor, with a `make` and a `gcloud` that only write down
how they were called; what is quick is run in earnest.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BUILD: dict[str, Any] = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["id"]: step for step in BUILD["steps"]}
GIVEN = {
    "BUILD_ID": "b-1",
    "COMMIT_SHA": "c" * 40,
    "LOCATION": "asia-northeast1",
    "PROJECT_ID": "sekisho-dev",
}
"""What Cloud Build itself substitutes."""
WRITE_DOWN = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'


@dataclass(frozen=True)
class Built:
    """What a build called, and which step stopped it."""

    calls: list[str]
    stopped_at: str
    said: str

    @property
    def made(self) -> list[str]:
        """The Makefile's targets, in order."""
        return [call.split()[1] for call in self.calls if call.startswith("make ")]


def build(workspace: Path, **substitutions: str) -> Built:
    """Runs the steps' scripts in `workspace` as Cloud Build would, with stand-ins for what they call."""
    tools = workspace / "tools"
    tools.mkdir(parents=True)
    for name in ("make", "gcloud"):
        (tools / name).write_text(WRITE_DOWN)
        (tools / name).chmod(0o755)
    told = {**BUILD["substitutions"], **GIVEN, **substitutions}
    told = {name: text_of(value, told) for name, value in told.items()}
    calls = workspace / "calls"
    calls.touch()
    env = {**told, "PATH": f"{tools}:{os.defpath}", "CALLS": str(calls)}
    for step in in_order():
        script = step["script"].replace("cp /bin/terraform .local/bin/", "true")
        done = subprocess.run(
            ["sh", "-c", script], cwd=workspace, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return Built(calls.read_text().splitlines(), step["id"], done.stderr)
    return Built(calls.read_text().splitlines(), "", "")


def text_of(value: str, told: Mapping[str, str]) -> str:
    """`value` with what it substitutes."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: told[found[1]], value)


def in_order() -> Iterator[dict[str, Any]]:
    """The steps, each after the one it waits for; there is one such order."""
    waited = "-"
    for _ in STEPS:
        (step,) = (step for step in STEPS.values() if step["waitFor"] == [waited])
        yield step
        waited = step["id"]


def make(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("ENVIRONMENT", "MAKEFLAGS")}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={**kept, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


# Order


def test_a_plan_is_made_of_what_was_checked_tested_packed_and_started(tmp_path: Path) -> None:
    built = build(tmp_path / "space", _STAGE="plan")

    assert not built.stopped_at, built.said
    assert built.made == ["check", "test", "package", "test-packages", "plan"]
    assert built.calls[-1].startswith("gcloud storage cp dist/")
    assert built.calls[-1].endswith(f"gs://sekisho-dev-terraform/plans/{'c' * 40}/b-1/")


def test_applying_takes_the_plan_that_was_named_of_the_same_commit_and_makes_nothing_else(
    tmp_path: Path,
) -> None:
    built = build(tmp_path / "space", _STAGE="apply", _PLAN="b-0")

    assert not built.stopped_at, built.said
    assert built.calls == [
        f"gcloud storage cp gs://sekisho-dev-terraform/plans/{'c' * 40}/b-0/* dist/",
        "make apply",
    ]


def test_nothing_is_applied_without_the_name_of_a_plan(tmp_path: Path) -> None:
    built = build(tmp_path / "space", _STAGE="apply")

    assert built.stopped_at == "fetch"
    assert "_PLAN" in built.said
    assert built.calls == []


def test_nothing_is_applied_when_the_plan_can_t_be_fetched(tmp_path: Path) -> None:
    space = tmp_path / "space"
    (space / "dist").mkdir(parents=True)  # what is there already is not what was kept

    built = build(space, _STAGE="apply", _PLAN="b-0")

    assert built.stopped_at == "fetch"
    assert built.made == []


@pytest.mark.parametrize("stage", ["", "Apply", "appply", "plan "])
def test_a_mistyped_stage_applies_nothing(stage: str, tmp_path: Path) -> None:
    assert "apply" not in build(tmp_path / "space", _STAGE=stage).made


def test_a_step_that_fails_ends_the_build(tmp_path: Path) -> None:
    for name in ("check", "test", "package", "smoke", "plan", "apply"):
        step = STEPS[name]
        target = re.findall(r"make ([a-z-]+)", step["script"])[0]
        env = {"_STAGE": "apply" if name == "apply" else "plan", "PATH": f"{tmp_path}:{os.defpath}"}
        (tmp_path / "make").write_text(f"#!/bin/sh\ntest $1 != {target}\n")
        (tmp_path / "make").chmod(0o755)
        done = subprocess.run(["sh", "-c", step["script"]], cwd=tmp_path, env=env, check=False)
        assert done.returncode == 1, name


def test_each_make_step_is_one_target_that_exists() -> None:
    for name, step in STEPS.items():
        targets = re.findall(r"\bmake ([a-z-]+)", step["script"])
        assert len(targets) == (0 if name in ("terraform", "keep", "fetch") else 1), name
        if targets:
            assert re.fullmatch(r'\[ "\$_STAGE" (!?= apply) \] \|\| make [a-z-]+', step["script"]), name
            done = make("-n", targets[0], "ENVIRONMENT=dev")
            assert done.returncode == 0, done.stderr


# Least privilege


def test_the_build_runs_as_an_account_of_its_stage_and_logs_to_cloud_logging_only() -> None:
    assert "/sekisho-$_STAGE@$PROJECT_ID." in BUILD["serviceAccount"]
    assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert "logsBucket" not in BUILD


def test_images_are_pinned_and_every_step_ends() -> None:
    for name, step in STEPS.items():
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+[a-z-]*", step["name"]), name
        assert re.fullmatch(r"\d+s", step["timeout"]), name
    whole = sum(int(step["timeout"][:-1]) for name, step in STEPS.items() if name not in ("fetch", "apply"))
    assert int(BUILD["timeout"][:-1]) <= whole


def test_scripts_read_only_what_is_substituted() -> None:
    """Scripts are not substituted into; without this option they would find nothing."""
    assert BUILD["options"]["automapSubstitutions"] is True
    known = GIVEN.keys() | BUILD["substitutions"].keys()
    for name, step in STEPS.items():
        assert set(re.findall(r"\$\{?([A-Z_]+)", step["script"])) <= known, name


def test_it_names_no_secret() -> None:
    assert "secretEnv" not in (ROOT / "cloudbuild.yaml").read_text("utf-8")
    assert "availableSecrets" not in BUILD


def test_pythons_and_terraforms_versions_are_those_the_code_asks_for() -> None:
    runtime = re.search(
        r'runtime\s+= "python(\d)(\d+)"', (ROOT / "infra/terraform/functions.tf").read_text("utf-8")
    )
    least = re.search(
        r'required_version = ">= ([\d.]+)"', (ROOT / "infra/terraform/versions.tf").read_text("utf-8")
    )
    assert runtime
    assert least
    assert STEPS["test"]["name"].startswith(f"python:{runtime[1]}.{runtime[2]}.")
    version = STEPS["terraform"]["name"].partition(":")[2]
    assert numbers(version) >= numbers(least[1])


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


# In earnest


def test_functions_are_packed_where_terraform_looks_for_them(tmp_path: Path) -> None:
    done = make("package", f"ARGS=receive_new_post --to {tmp_path}")

    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.zip")
    assert re.fullmatch(r"receive_new_post-[0-9a-f]{16}\.zip", archive.name)
    default = re.search(
        r'variable "packages".*?default\s+= "([^"]+)"',
        (ROOT / "infra/terraform/variables.tf").read_text("utf-8"),
        re.S,
    )
    assert default
    assert (ROOT / "infra/terraform" / default[1]).resolve() == ROOT / "dist"


@pytest.mark.parametrize("target", ["plan", "apply"])
@pytest.mark.parametrize("environment", ["", "stage", "prod dev"])
def test_neither_plan_nor_apply_guesses_the_environment(target: str, environment: str) -> None:
    done = make(target, f"ENVIRONMENT={environment}")

    assert done.returncode == 2
    assert f'expected ENVIRONMENT=dev or ENVIRONMENT=prod, came "{environment}"' in done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile alone, and a terraform that writes down how it was called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    terraform = tmp_path / "tools/terraform"
    terraform.write_text(WRITE_DOWN)
    terraform.chmod(0o755)
    return tmp_path


def apply(checkout: Path) -> tuple[int, str, list[str]]:
    calls = checkout / "calls"
    done = subprocess.run(
        ["make", "apply", "ENVIRONMENT=dev"],
        cwd=checkout,
        env={"PATH": f"{checkout}/tools:{os.environ['PATH']}", "CALLS": str(calls)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, calls.read_text().splitlines() if calls.exists() else []


def test_without_a_plan_nothing_is_applied_nor_even_asked(checkout: Path) -> None:
    status, said, calls = apply(checkout)

    assert status == 2
    assert "expected dist/dev.tfplan, came none" in said
    assert calls == []


def test_the_plan_of_another_environment_is_none(checkout: Path) -> None:
    (checkout / "dist").mkdir()
    (checkout / "dist/prod.tfplan").touch()

    assert apply(checkout)[0] == 2


def test_exactly_the_plan_is_applied_and_only_once(checkout: Path) -> None:
    (checkout / "dist").mkdir()
    (checkout / "dist/dev.tfplan").touch()

    status, _, calls = apply(checkout)

    assert status == 0
    assert calls == [
        "terraform -chdir=infra/terraform init -input=false -reconfigure"
        " -backend-config=environments/dev.backend",
        "terraform -chdir=infra/terraform apply -input=false ../../dist/dev.tfplan",
    ]
    assert apply(checkout)[0] == 2
