"""Are the pins what infra/lock.sh made from pyproject.toml? Told without asking any registry.

`infra/lock.sh` ends with `python -m infra.pins --write`, which keeps in infra/requirements/pins.sha256 the
hash of everything pins are made from and of every file of pins. `python -m infra.pins` compares.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECORD = Path("infra/requirements/pins.sha256")
SOURCE = "what pins are made from (dependency groups, requires-python, local-bigquery.in)"


def hashes(root: Path) -> dict[str, str]:
    """The SHA-256 of what the pins are made from, and of each file of pins, by name."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    source = {
        "dependency-groups": pyproject["dependency-groups"],
        "requires-python": pyproject["project"]["requires-python"],
        "local-bigquery.in": (root / "infra/requirements/local-bigquery.in").read_text(),
    }
    pins = [
        *sorted((root / "infra/requirements").glob("*.txt")),
        *sorted((root / "functions").glob("*/requirements.txt")),
    ]
    return {
        SOURCE: hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest(),
        **{str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in pins},
    }


def changed(root: Path) -> list[str]:
    """What is not as it was when the pins were made, in words; empty when all is."""
    record = root / RECORD
    lines = record.read_text().splitlines() if record.exists() else []
    then = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    now = hashes(root)
    return (
        [f"{name} is not what it was when the pins were made" for name in now if now[name] != then.get(name)]
        + [f"{name} is gone" for name in then if name not in now]
        + [
            f"functions/{folder.parent.name} has no requirements.txt"
            for folder in sorted((root / "functions").glob("*/main.py"))
            if not folder.with_name("requirements.txt").exists()
        ]
    )


def write(root: Path) -> None:
    """Keep the hashes of today."""
    lines = [f"{digest}  {name}\n" for name, digest in hashes(root).items()]
    (root / RECORD).write_text("".join(lines))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write(ROOT)
    elif findings := changed(ROOT):
        raise SystemExit("pins: " + "\npins: ".join(findings) + "\npins: run `make lock`")
