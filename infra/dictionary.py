"""Dictionary: IPADIC made slim, at half its size, of which MeCab answers faster and with the same words.

A word's nine columns of features become one: its base form, where its part of speech is one that detection
keeps, and nothing where it is not. Costs and numbers of parts of speech stay as they are, so MeCab reads the
same words in a text. Made by Debian's mecab-utils from Debian's mecab-ipadic: installed ones, or else fetched
by apt, for which nobody has to be root. The same sources give the same bytes, wherever and whenever.

`python -m infra.dictionary [--to FOLDER]` makes it, once, under .local/dictionary, and prints its sizes. Exit
code 1 and one line where it can't be made; everything works without it, with the pinned `ipadic`.

A user dictionary is compiled as for IPADIC, with all of IPADIC's columns, against either folder, and serves
beside either: mecab-dict-index -d FOLDER -u words.dic -f utf-8 -t utf-8 words.csv
"""

import argparse
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.debian import Failed, NotFetched, fetch, run
from shared.spam.mecab_lines import KEPT_PARTS_OF_SPEECH
from shared.spam.tokens import SLIM_MARK, stock_dictionary

ROOT = Path(__file__).parents[1]
KEPT_UNDER = ROOT / ".local/dictionary"
INSTALLED = Path("usr/share/mecab/dic/ipadic")
TOOLS = ("usr/lib/mecab", "usr/lib64/mecab", "usr/libexec/mecab", "usr/local/libexec/mecab")
SOURCES_SHA256 = "741cecf6809267b7cd426962eeb0bef6c5e2f597cc6b629cde6b00768dc45161"
"""Of IPADIC 2.7.0-20070801 as in Debian: names and content of its .csv and .def files, in order."""
NOT_IN_STOCK = frozenset({"令和"})
"""Words Debian added. Left out: a model learnt with one dictionary must judge alike with the other."""
UNKNOWN_SYMBOLS = "SYMBOL,1283,1283,17585,記号,一般,*,*,*,*,*"
"""What the stock dictionary has for IPADIC's line of that name, which takes unknown symbols for nouns."""
WORD_FILES = (
    *("Adj", "Noun.adjv", "Noun", "Noun.demonst", "Noun.org", "Suffix", "Noun.adverbal", "Verb"),
    *("Interjection", "Noun.others", "Conjunction", "Noun.nai", "Postp", "Noun.name", "Postp-col", "Others"),
    *("Adverb", "Filler", "Noun.place", "Adnominal", "Noun.proper", "Noun.verbal", "Prefix", "Auxil"),
    *("Noun.number", "Symbol"),
)
"""In an order the stock dictionary was compiled in: of two ways to read a text that cost the same, MeCab
takes the one by the word compiled first."""
_SURFACE, _PART_OF_SPEECH, _BASE = 0, 4, 10


class CannotBuild(Exception):
    """Go on with the stock dictionary, or install what is missing."""


def built() -> Path | None:
    """The slim dictionary of this checkout, if it was made."""
    folder = KEPT_UNDER / _key()
    return folder if (folder / SLIM_MARK).exists() else None


def build() -> Path:
    """The slim dictionary of this checkout, made unless it was. Raises CannotBuild."""
    if folder := built():
        return folder
    KEPT_UNDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=KEPT_UNDER) as unfinished:
        fetched, made = Path(unfinished, "fetched"), Path(unfinished, "made")
        compile_slim(*sources(fetched), made)
        try:
            made.rename(KEPT_UNDER / _key())
        except OSError:  # another process was first, with the same bytes
            if not built():
                raise
    for older in set(KEPT_UNDER.glob("[0-9a-f]*")) - {KEPT_UNDER / _key()}:
        shutil.rmtree(older, ignore_errors=True)
    return KEPT_UNDER / _key()


def sources(folder: Path, root: Path = Path("/")) -> tuple[Path, Path]:
    """IPADIC's sources and the compiler: installed under `root`, or else fetched by apt into `folder`.

    Raises CannotBuild where there is no apt, or it knows or reaches no such package.
    """
    lacking = [] if (root / INSTALLED / "pos-id.def").exists() else ["mecab-ipadic"]
    lacking += [] if _compiler(root) else ["mecab-utils", "libmecab2"]
    if lacking:
        try:
            fetch(lacking, folder)
        except NotFetched as error:
            raise CannotBuild(str(error)) from error
    ipadic_in = folder if "mecab-ipadic" in lacking else root
    compiler = _compiler(root) or _compiler(folder)
    if compiler is None:
        raise CannotBuild(f"expected mecab-dict-index in Debian's mecab-utils, came none in {folder}")
    return ipadic_in / INSTALLED, compiler


def compile_slim(source: Path, compiler: Path, folder: Path) -> None:
    """Compile the sources in `source` into the slim dictionary `folder`. Raises CannotBuild."""
    found = _sha256(source)
    if found != SOURCES_SHA256:
        raise CannotBuild(
            f"expected IPADIC 2.7.0-20070801 in {source} with SHA-256 {SOURCES_SHA256}, came {found}"
        )
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="sekisho-dictionary-") as slim:
        for name in ("char.def", "matrix.def", "pos-id.def"):
            Path(slim, name).write_text(_text(source / name), encoding="utf-8")
        unknown = re.sub("(?m)^SYMBOL,.*$", UNKNOWN_SYMBOLS, _text(source / "unk.def"))
        Path(slim, "unk.def").write_text(unknown, encoding="utf-8")
        settings = _text(source / "dicrc").replace("EUC-JP", "UTF-8")
        for dicrc in (Path(slim, "dicrc"), folder / "dicrc"):
            dicrc.write_text(settings, encoding="utf-8")
        with Path(slim, "words.csv").open("w", encoding="utf-8") as words:
            words.writelines(_slim_lines(source))
        # The compiler itself writes the column: it needs the parts of speech to number them.
        parts = (["--build-sysdic", "--node-format=%f[4]"], ["--build-unknown"])
        for asked in (*parts, ["--build-charcategory"], ["--build-matrix"]):
            _compile(compiler, Path(slim), folder, asked)
    shutil.copyfile(Path(stock_dictionary(), "COPYING"), folder / "COPYING")
    for file in folder.iterdir():
        file.chmod(0o644)
    (folder / SLIM_MARK).write_text(f"IPADIC, base forms only, of sources with SHA-256 {found}\n")


def _slim_lines(source: Path) -> Iterator[str]:
    """Surface, two ids, cost and part of speech as they are; then the base form, or `*` for none."""
    for name in WORD_FILES:
        for line in _text(source / f"{name}.csv").splitlines():
            columns = line.split(",")  # none of IPADIC's is quoted
            surface, base = columns[_SURFACE], columns[_BASE]
            if surface in NOT_IN_STOCK:
                continue
            is_kept = columns[_PART_OF_SPEECH] in KEPT_PARTS_OF_SPEECH and re.search(r"\w", surface)
            yield ",".join([*columns[: _PART_OF_SPEECH + 4], base if is_kept else "*"]) + "\n"


def _compile(compiler: Path, source: Path, folder: Path, asked: Sequence[str]) -> None:
    command = [str(compiler), f"--dicdir={source}", f"--outdir={folder}", "-f", "utf8", "-t", "utf8", *asked]
    # Fetched, a library lies where no linker looks.
    libraries = ":".join(str(path.parent) for path in compiler.parents[1].glob("*/libmecab.so.2"))
    try:
        run(command, source, {"LD_LIBRARY_PATH": libraries})
    except Failed as error:
        raise CannotBuild(f"{' '.join(asked)} failed: {error}") from error


def _compiler(root: Path) -> Path | None:
    candidates = [root / folder / "mecab-dict-index" for folder in TOOLS]
    return next((path for path in candidates if path.exists()), None)


def _text(path: Path) -> str:
    return path.read_text(encoding="euc-jp")


def _sha256(source: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((*source.glob("*.csv"), *source.glob("*.def"))):
        digest.update(f"{path.name}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _key() -> str:
    """What a slim dictionary is made from: the sources, and the rules, which are in this file."""
    rules = Path(__file__).read_bytes() + repr((KEPT_PARTS_OF_SPEECH, SLIM_MARK)).encode()
    return hashlib.sha256(rules).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the dictionary unless it is there, copy it where asked, and say how large it is."""
    asked = argparse.ArgumentParser(prog="python -m infra.dictionary", description=__doc__.splitlines()[0])
    asked.add_argument(
        "--to", type=Path, metavar="FOLDER", help="where to copy it to; it must not be there yet"
    )
    to = asked.parse_args(arguments).to
    if to and to.exists():
        asked.error(f"expected a folder that is not there yet, came {to}")
    folder = build()
    if to:
        folder = shutil.copytree(folder, to)
    stock = Path(stock_dictionary())
    rows = [(path.name, path.stat().st_size, _bytes(stock / path.name)) for path in sorted(folder.iterdir())]
    rows.append(("together", sum(slim for _, slim, _ in rows), sum(whole for *_, whole in rows)))
    print(f"{'file':<18}{'slim KB':>9}{'stock KB':>10}  {folder}")
    for name, slim, whole in rows:
        print(f"{name:<18}{slim / 1_000:>9,.0f}{whole / 1_000:>10,.0f}")


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


if __name__ == "__main__":
    try:
        main()
    except CannotBuild as error:
        raise SystemExit(f"dictionary: {error}; the stock dictionary is used") from None
