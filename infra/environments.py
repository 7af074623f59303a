"""Environments: each function's own, as the cloud's build makes it: its archive, its pins and no others.

They are kept under .local/venvs/functions by what they were made from, so that only a change installs again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from infra import dictionary
from infra.package import ROOT, write_package

VENVS = ROOT / ".local/venvs/functions"


class InstallFailed(Exception):
    """Read it: a function's pins can't be installed."""


def unpacked(function: str, folder: Path) -> Path:
    """`folder`, with the archive of `function` unpacked in it: what is uploaded, and nothing else."""
    with zipfile.ZipFile(write_package(function, folder / "archive", dictionary.built()).path) as archive:
        archive.extractall(folder)
    return folder


def python_with_pins(function: str) -> Path:
    """The interpreter of an environment of exactly the function's pins, hash-checked; made at most once.

    Raises InstallFailed, with what the installer said.
    """
    requirements = ROOT / "functions" / function / "requirements.txt"
    made_from = requirements.read_bytes() + sys.version.encode() + str(ROOT).encode()
    venv = VENVS / f"{function}-{hashlib.sha256(made_from).hexdigest()[:16]}"
    python = venv / "bin/python"
    if (venv / ".made").exists():
        return python
    for older in VENVS.glob(f"{function}-*"):
        shutil.rmtree(older)
    _uv("venv", "--clear", "--no-project", "--python", sys.executable, str(venv))
    # Compiled once, by the build, as in the cloud: a cold start reads byte code.
    _uv("pip", "sync", "--compile-bytecode", "--require-hashes", "--python", str(python), str(requirements))
    (venv / ".made").touch()
    return python


def installed_bytes(python: Path) -> int:
    """How much room an environment's packages take."""
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    return sum(path.lstat().st_size for path in packages.rglob("*") if path.is_file())


def _uv(*arguments: str) -> None:
    """Run the pinned uv, trusting the certificates the machine trusts."""
    command = [str(Path(sys.executable).with_name("uv")), "--quiet", *arguments]
    done = subprocess.run(
        command, env={"UV_SYSTEM_CERTS": "1", **os.environ}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InstallFailed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.strip()}")
