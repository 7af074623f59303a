"""Rows of a CSV file, each with the line it begins on: what is wrong is told by line and column."""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from shared.errors import BadRow

MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""How files of other encodings begin; the longer marks first, as one begins like another."""
NEVER_IN_SHIFT_JIS = frozenset("\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3")
"""What Python's cp932 makes of bytes that no Shift_JIS text has."""
_HIRAGANA = re.compile("[ぁ-ん]")
SEPARATORS = {";": ";", "\t": "tabs"}


@dataclass(frozen=True)
class Row:
    """One record, with where it stands for the errors about it."""

    where: str
    values: dict[str, str]

    def refuse(self, column: str, expected: str) -> NoReturn:
        """Raises BadRow: what was expected in `column`, and what came."""
        came = self.values.get(column, "")
        raise BadRow(f"{self.where}, column {column}: expected {expected}, came {came[:80]!r}")


def read_rows(path: Path, required: tuple[str, ...]) -> Iterator[Row]:
    """The records of a CSV file whose header has the `required` columns. Raises BadRow."""
    csv.field_size_limit(sys.maxsize)
    try:
        # What is not UTF-8 comes as lone surrogates, so that its line can be told: a pipe is read only once.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield from _rows(path, file, required)
    except OSError as error:
        raise BadRow(f"{path}: expected a CSV file, came {error.strerror or error}") from error


def _rows(path: Path, file: Iterable[str], required: tuple[str, ...]) -> Iterator[Row]:
    pending: list[str] = []  # the lines of the record being read
    header: list[str] = []
    start = 1
    reader = csv.reader(_decoded(path, file, pending), strict=True)
    try:
        for record in reader:
            where, start = f"{path}, line {start}", reader.line_num + 1
            pending.clear()
            if not header:
                header = [name.strip() for name in record]
                if any(header):
                    _check_header(where, header, required)
                else:
                    header = []  # an empty line above the header
            elif record:
                if len(record) != len(header):
                    raise BadRow(f"{where}: expected {len(header)} columns, came {len(record)}")
                yield Row(where, dict(zip(header, record, strict=True)))
    except csv.Error as error:
        came = f"{error}"
        if "unexpected end" in came:
            start, came = start + _lines_before_open_quote(pending), "a quote that is never closed"
        hint = "" if header else _hint([pending[0].strip()], required)
        raise BadRow(f"{path}, line {start}: expected CSV, came {came}{hint}") from error
    if not header:
        raise BadRow(f"{path}, line 1: expected a column {' and '.join(required)}, came an empty file")


def _decoded(path: Path, file: Iterable[str], pending: list[str]) -> Iterator[str]:
    """The lines of `file`, noted in `pending`. Raises BadRow at the first that is not UTF-8."""
    is_ascii = True
    for number, line in enumerate(file, 1):
        pending.append(line)
        if not line.isascii():
            try:
                line.encode()
            except UnicodeEncodeError as error:
                raw = line.encode(errors="surrogateescape")
                came = _encoding(raw, number == 1, is_ascii and line[: error.start].isascii())
                byte = ord(line[error.start]) - 0xDC00
                came = came or f"byte {byte:#04x}"
                raise BadRow(f"{path}, line {number}: expected UTF-8, came {came}") from error
            is_ascii = False
        yield line


def _encoding(raw: bytes, is_first: bool, is_ascii_until_then: bool) -> str:
    """What else a line that is not UTF-8 could be, and how it becomes UTF-8; empty where nobody knows."""
    for mark, name in MARKS.items():
        if is_first and raw.startswith(mark):
            return f"{name}, which becomes UTF-8 by: iconv -f {name} -t UTF-8"
    if is_first and raw.startswith(b"PK\x03\x04"):
        return "a spreadsheet or another zip file; save it as CSV (UTF-8)"
    if is_ascii_until_then:
        try:
            # To Shift_JIS all EUC-JP is half-width katakana; to EUC-JP Shift_JIS is hardly ever hiragana.
            if _HIRAGANA.search(raw.decode("euc_jp")):
                return "what may be EUC-JP, which becomes UTF-8 by: iconv -f EUC-JP -t UTF-8"
        except UnicodeDecodeError:
            pass
        try:
            if NEVER_IN_SHIFT_JIS.isdisjoint(raw.decode("cp932")):
                return "what may be Shift_JIS, which becomes UTF-8 by: iconv -f CP932 -t UTF-8"
        except UnicodeDecodeError:
            pass
    return ""


def _check_header(where: str, header: Sequence[str], required: Sequence[str]) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        came = ", ".join(header)[:200]
        raise BadRow(
            f"{where}: expected a column {' and '.join(missing)}, came {came}{_hint(header, required)}"
        )
    for name in header:
        if name and header.count(name) > 1:
            raise BadRow(f"{where}: expected each column once, came {name} {header.count(name)} times")


def _hint(header: Sequence[str], required: Sequence[str]) -> str:
    """Why a header that looks right is not, where it does."""
    whole = ",".join(header)
    hints = []
    if "\0" in whole:
        return " (the file may be UTF-16, which becomes UTF-8 by: iconv -f UTF-16LE -t UTF-8)"
    for separator, called in SEPARATORS.items():
        parted = [name.strip(' "') for name in whole.split(separator)]
        if len(parted) > 1 and {name.lower() for name in parted} >= set(required):
            hints.append(f"the columns are separated by {called}, expected commas")
            header = parted
    names = {name.lower() for name in header}
    if names >= set(required) and not set(header) >= set(required):
        hints.append("names of columns are lower case")
    return f" ({'; '.join(hints)})" if hints else ""


def _lines_before_open_quote(lines: Sequence[str]) -> int:
    """How many lines of an unfinished record come before the one its last, open field begins on."""
    open_field = list(csv.reader(lines))[-1][-1]
    return len(lines) - max(1, len(list(io.StringIO(open_field, newline=""))))
