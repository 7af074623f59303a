"""Packages: each function's archive, named after what it holds; the same source gives the same bytes.

An archive is what the cloud builds a function from: its main.py, its pinned requirements.txt, and those
modules of shared/ that main.py imports, at its top or later, directly or through others. A change that a
function does not import leaves its archive, and so its deployment, alone. Beside the tokeniser goes its slim
dictionary, made by infra/dictionary.py; where it can't be made, functions use the stock one of their pins.

`python -m infra.package [FUNCTION…]` writes them to dist/ and prints their sizes.
"""

import argparse
import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

from infra import dictionary
from shared.spam.tokens import PACKED

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
LARGEST_BYTES = 1_000_000
"""Of an archive without its dictionary. The largest of ours is half of it: more is data that went astray."""
LARGEST_DICTIONARY_BYTES = 30_000_000
TOKENISER = "shared/spam/tokens.py"
DICTIONARY = f"shared/spam/{PACKED}"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16


class PackageTooLarge(Exception):
    """Look into it: an archive holds more than source."""


@dataclass(frozen=True)
class Package:
    """One function's archive."""

    function: str
    path: Path
    files: int
    size_bytes: int


def function_names() -> list[str]:
    """The deployed functions: the folders under functions/ with a main.py."""
    return sorted(main.parent.name for main in ROOT.glob("functions/*/main.py"))


def contents(function: str, slim: Path | None = None) -> dict[str, bytes]:
    """What the archive of `function` holds, by name; of the folder `slim` if it tokenises.

    Raises FileNotFoundError where a part is missing.
    """
    folder = ROOT / "functions" / function
    wanted = {"main.py": folder / "main.py", "requirements.txt": folder / "requirements.txt"}
    for module in _imports().find_upstream_modules(f"functions.{function}.main"):
        path = Path(*module.split("."))
        if not (ROOT / path).is_dir():
            wanted[f"{path.as_posix()}.py"] = ROOT / path.with_suffix(".py")
        for package in (path, *path.parents[:-1]):  # importing a module imports the packages it is in
            init = package / "__init__.py"
            if (ROOT / init).exists():
                wanted[init.as_posix()] = ROOT / init
    if slim and TOKENISER in wanted:
        wanted |= {f"{DICTIONARY}/{path.name}": path for path in slim.iterdir()}
    return {name: wanted[name].read_bytes() for name in sorted(wanted)}


def write_package(function: str, folder: Path = DIST, slim: Path | None = None) -> Package:
    """Write the archive of `function` into `folder` in place of older ones. Raises PackageTooLarge."""
    held = contents(function, slim)
    folder.mkdir(parents=True, exist_ok=True)
    unnamed = folder / f"{function}.zip.part"
    with zipfile.ZipFile(unnamed, "w") as archive:
        for name, content in held.items():
            # Stored, not deflated: what zlib makes of the same bytes differs between its builds.
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            archive.writestr(entry, content, zipfile.ZIP_STORED)
    size = unnamed.stat().st_size
    words = {name: len(content) for name, content in held.items() if name.startswith(f"{DICTIONARY}/")}
    source = {name: len(content) for name, content in held.items() if name not in words}
    for what, came, most, files in (
        ("a dictionary", sum(words.values()), LARGEST_DICTIONARY_BYTES, words),
        ("an archive", size - sum(words.values()), LARGEST_BYTES, source),
    ):
        if came > most:
            unnamed.unlink()
            largest = max(files, key=lambda name: files[name])
            raise PackageTooLarge(
                f"{function}: expected {what} of at most {most:,} bytes, came {came:,}; "
                f"its largest file is {largest} with {files[largest]:,}"
            )
    named = folder / f"{function}-{hashlib.sha256(unnamed.read_bytes()).hexdigest()[:16]}.zip"
    for older in _archives(function, folder):
        older.unlink()
    unnamed.rename(named)
    return Package(function, named, len(held), size)


def _archives(function: str, folder: Path) -> list[Path]:
    """The archives of `function`, not those of one whose name begins alike."""
    return [path for path in folder.glob(f"{function}-*.zip") if path.stem.rsplit("-", 1)[0] == function]


@cache
def _imports() -> grimp.ImportGraph:
    """Who imports whom, at the top of a module or within a function."""
    return grimp.build_graph("functions", "shared", cache_dir=None, exclude_type_checking_imports=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the archives of the functions asked for, or all, and say how large they are."""
    known = function_names()
    asked = argparse.ArgumentParser(prog="python -m infra.package", description=__doc__.splitlines()[0])
    asked.add_argument("functions", nargs="*", metavar="FUNCTION", help=f"of {', '.join(known)}; all of them")
    asked.add_argument("--to", type=Path, default=DIST, metavar="FOLDER", help="where to; dist/ as a rule")
    asked.add_argument("--stock-dictionary", action="store_true", help="without the slim dictionary")
    options = asked.parse_args(arguments)
    if unknown := set(options.functions) - set(known):
        asked.error(f"expected functions among {', '.join(known)}, came {min(unknown)!r}")
    slim = None if options.stock_dictionary else _slim()
    most = f"at most {LARGEST_BYTES // 1_000:,} KB, and {LARGEST_DICTIONARY_BYTES // 1_000:,} of dictionary"
    print(f"{'function':<20}{'files':>6}{'KB':>8}  archive ({most})")
    for function in options.functions or known:
        made = write_package(function, options.to, slim)
        print(f"{function:<20}{made.files:>6}{made.size_bytes / 1_000:>8,.0f}  {made.path.name}")


def _slim() -> Path | None:
    try:
        return dictionary.build()
    except dictionary.CannotBuild as error:
        print(f"package: no slim dictionary: {error}; the stock one is used")
        return None


if __name__ == "__main__":
    try:
        main()
    except (PackageTooLarge, FileNotFoundError) as error:
        raise SystemExit(f"package: {error}") from None
