"""infra/check_terraform.sh checks what can be checked where it runs, and says what it could not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "infra/check_terraform.sh"
NO_PROVIDER = "Error: Failed to query available provider packages"
IS_INSTALLED = any(os.access(f"{folder}/terraform", os.X_OK) for folder in ("/usr/bin", "/bin"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the script, nothing beside it, and an empty folder of tools."""
    for folder in ("checkout/infra/terraform", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "checkout/infra")
    return tmp_path / "checkout"


def with_terraform(checkout: Path, script: str) -> None:
    """A terraform that writes down its subcommand and then does what `script` says."""
    terraform = checkout.parent / "tools/terraform"
    terraform.write_text(f'#!/bin/bash\necho "$2" >>{checkout.parent}/calls\n{script}\n')
    terraform.chmod(0o755)


def check(checkout: Path) -> tuple[int, str, list[str]]:
    path = f"{checkout.parent}/tools:/usr/bin:/bin"  # without the machine's own, which is in /usr/local/bin
    done = subprocess.run(
        [checkout / "infra/check_terraform.sh"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = checkout.parent / "calls"
    return done.returncode, done.stdout + done.stderr, calls.read_text().split() if calls.exists() else []


@pytest.mark.skipif(IS_INSTALLED, reason="needs a PATH without terraform, but with the tools of this machine")
def test_without_terraform_it_says_that_nothing_was_checked(checkout: Path) -> None:
    assert check(checkout) == (0, "check: Terraform was not checked: there is none on PATH\n", [])


def test_with_a_provider_all_is_checked(checkout: Path) -> None:
    with_terraform(checkout, "")

    assert check(checkout) == (0, "", ["fmt", "init", "validate", "test"])


def test_without_a_provider_it_says_that_only_the_format_was_checked(checkout: Path) -> None:
    with_terraform(checkout, f'if [ "$2" = init ]; then echo "{NO_PROVIDER}"; exit 1; fi')

    status, said, calls = check(checkout)

    assert status == 0
    assert said == "check: Terraform was checked for its format only: its provider can't be fetched here\n"
    assert calls == ["fmt", "init"]


@pytest.mark.parametrize("step", ["fmt", "init", "validate", "test"])
def test_what_is_wrong_fails(checkout: Path, step: str) -> None:
    with_terraform(checkout, f'if [ "$2" = {step} ]; then echo "Error: unclosed block"; exit 1; fi')

    status, said, calls = check(checkout)

    assert status == 1
    assert "unclosed block" in said
    assert calls[-1] == step


def test_the_stand_in_for_the_registry_is_used_where_it_is(checkout: Path) -> None:
    with_terraform(checkout, "exit 1")
    stand_in = checkout.parent / "shared/tools/terraform/check"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text('#!/bin/bash\necho "checks $1"\n')
    stand_in.chmod(0o755)

    assert check(checkout) == (0, "checks infra/terraform\n", [])
