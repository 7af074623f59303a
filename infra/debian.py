"""Debian: what its packages hold, fetched by apt and unpacked into a folder. Nobody has to be root."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

LONGEST_SECONDS = 180


class NotFetched(Exception):
    """Do without, or install the packages."""


class Failed(Exception):
    """Read it: the last line of what a program said."""


def fetch(packages: Sequence[str], folder: Path) -> None:
    """Unpack Debian packages into `folder`; with package lists of its own where the machine's know none.

    Raises NotFetched where there is no apt, or it knows or reaches no such package.
    """
    names = ", ".join(packages)
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NotFetched(f"expected Debian's {names} installed, or apt to fetch them; came neither")
    for part in ("lists", "cache/archives"):
        (folder / part / "partial").mkdir(parents=True)
    apt = ["apt-get", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]
    own = [*apt, "-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache"]
    try:
        try:
            run([*apt, "download", *packages], folder)
        except Failed:
            run([*own, "update"], folder)
            run([*own, "download", *packages], folder)
        for package in sorted(folder.glob("*.deb")):
            run(["dpkg-deb", "-x", str(package), str(folder)], folder)
    except Failed as error:
        raise NotFetched(f"expected Debian's {names} from apt, came: {error}") from error


def run(command: Sequence[str], folder: Path, added: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run a program of Debian's in `folder` with `added` to its environment. Raises Failed."""
    try:
        done = subprocess.run(  # noqa: S603 - apt, or what it fetched
            command,
            cwd=folder,
            env={**os.environ, **added},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]}: no end within {LONGEST_SECONDS} s") from None
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        raise Failed(f"{command[0]}: {lines[-1] if lines else f'exit code {done.returncode}'}")
