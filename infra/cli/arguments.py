"""What commands that measure detectors are asked with: which, and where to write what was found."""

from collections.abc import Sequence
from pathlib import Path

from shared.errors import ConfigError


def names_among(detectors: str, known: Sequence[str]) -> list[str]:
    """Those in `detectors`, separated by commas, each once. Raises ConfigError for others than `known`."""
    names = list(dict.fromkeys(name.strip() for name in detectors.split(",") if name.strip()))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        came = ", ".join(unknown) or "none"
        raise ConfigError(f"--detectors: expected some of {', '.join(known)}, came {came}")
    return names


def check_outs(json_out: Path | None, html_out: Path | None, read: Sequence[Path]) -> None:
    """Raises ConfigError where one can't be written, or would overwrite what is read: before the work."""
    taken = [each.resolve() for each in read]
    for out in (json_out, html_out):
        if out and out.resolve() in taken:
            raise ConfigError(f"{out}: expected a file of its own to write, came one that is read")
        if out and (out.is_dir() or not out.parent.is_dir()):
            raise ConfigError(f"{out}: expected a file to write in a folder that exists, came none")
    if json_out and html_out and json_out.resolve() == html_out.resolve():
        raise ConfigError(f"--html: expected another file than --json, came {html_out} for both")
