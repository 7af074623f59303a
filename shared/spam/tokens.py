"""Morphological analysis: a text's content words in their base form. The only importer of MeCab."""

# ruff: noqa: PTH118, PTH113, PTH120 - pathlib would take a cold start milliseconds, for one look at a file
import re
from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from os.path import dirname, isfile, join
from shlex import quote
from typing import NamedTuple
from zlib import crc32

import MeCab

from shared.errors import ConfigError
from shared.spam.mecab_lines import PLACE, ById, ByName, Slim

LONGEST_PIECE = 1_000
"""Characters analysed at once. MeCab is quadratic in runs of one character type ("aaaa…"): this bounds it."""

PACKED = "dictionary"
"""The folder beside this file where a function's archive holds the slim dictionary of infra/dictionary.py."""

SLIM_MARK = "base-forms-only"
"""The file that says a dictionary is slim: its one column is the base form, of kept words and no others."""

# Compiled when it is first needed, which no cold start needs.
_PIECE = rf"(?s:.{{1,{LONGEST_PIECE}}}(?:[。．.!?\s]|\Z)|.{{1,{LONGEST_PIECE}}})"


class Morpheme(NamedTuple):
    """A content word and where its surface is: characters `start` to `end` of the text."""

    word: str
    start: int
    end: int


type Span = tuple[int, int]


class Tokenizer:
    """Content words of Japanese (or any) text, by MeCab with IPADIC.

    `dictionary` is the folder of another system dictionary: an IPADIC-shaped one such as NEologd, or a slim
    one. None takes the slim one that a function's archive holds, else IPADIC as it is; words are the same.
    `user_dictionary` is a compiled dictionary used besides. It has IPADIC's columns, whichever the system
    dictionary is. Words are then told by name, which is slower.
    Raises ConfigError when MeCab can't open them. One Tokenizer serves any number of threads.
    """

    def __init__(self, dictionary: str | None = None, user_dictionary: str | None = None) -> None:
        folder = dictionary or _packed() or stock_dictionary()
        self._lines: ById | ByName = ByName() if dictionary or user_dictionary else ById()
        if not user_dictionary and isfile(join(folder, SLIM_MARK)):
            self._lines = Slim()
        self._files = [user_dictionary] if user_dictionary else []
        if dictionary:
            self._files.append(join(dictionary, "sys.dic"))
        user = f" -u {quote(user_dictionary)}" if user_dictionary else ""
        self._opened = f"-r /dev/null -d {quote(folder)}{user}"
        try:
            self._placing = _Taggers(self._opened, self._lines, PLACE)
        except RuntimeError as error:
            raise ConfigError(
                f"MeCab: expected an IPADIC-shaped dictionary in {folder!r}"
                + (f" and a compiled user dictionary at {user_dictionary!r}" if user_dictionary else "")
                + f", came one MeCab can't open: {_last_words(str(error))}"
            ) from error

    @cached_property
    def _naming(self) -> "_Taggers":
        return _Taggers(self._opened, self._lines, "")

    @property
    def dictionaries(self) -> str:
        """Checksums of the dictionaries words depend on besides IPADIC, slim or not; empty without any."""
        return " ".join(f"{_checksum(file):08x}" for file in self._files)

    def words(self, text: str) -> list[str]:
        """Nouns, verbs, adjectives, adjectival nouns and adverbs of `text`, in order, in base form.

        A word without a base form keeps its surface; "words" without a letter or number (IPADIC takes
        some symbols for nouns) are dropped.
        """
        if len(text) <= LONGEST_PIECE and "\0" not in text:
            return self._lines.words(self._naming.written(text))
        return [word for piece in _pieces(text) for word in self._lines.words(self._naming.written(piece))]

    def analysed(self, text: str) -> "Analysis":
        """`text` with its `words`, for whom may ask where they stand.

        That is a tenth slower than `words`, and by another of MeCab's models, which has what it reads of the
        dictionary in memory again: a judge, which must be small, asks for no `words` besides.
        """
        return Analysis(text, self._lines, self._placing)

    def morphemes(self, text: str) -> list[Morpheme]:
        """The words of `words`, each with its place in `text`."""
        return self.analysed(text).morphemes()


class _Taggers:
    """MeCab with one form of output. Raises RuntimeError when it can't open the dictionaries."""

    def __init__(self, opened: str, lines: ById | ByName, place: str) -> None:
        form = f'-F "{lines.known}{place}" -U "{lines.unknown}{place}" -E "" -B ""'
        self._model = MeCab.Model(f"{opened} {form}")
        # Each is one thread's at a time. Who finds none makes another, over the same mapped files.
        self._idle: list[MeCab.Tagger] = [self._model.createTagger()]

    def written(self, piece: str) -> str:
        """What MeCab writes of `piece`."""
        try:
            tagger = self._idle.pop()
        except IndexError:
            tagger = self._model.createTagger()
        written: str = tagger.parse(piece)
        self._idle.append(tagger)
        return written


class Analysis:
    """A text as MeCab analysed it: its `words`, and where they stand without a second analysis."""

    def __init__(self, text: str, lines: ById | ByName, taggers: _Taggers) -> None:
        self._lines, self._pieces = lines, _pieces(text)
        self._written = list(map(taggers.written, self._pieces))
        self.words = [word for written in self._written for word in lines.placed_words(written)]

    def places(self, wanted: Container[str]) -> dict[str, list[Span]]:
        """Where in the text each of the `wanted` stands: words, and neighbours with a space between them."""
        found: dict[str, list[Span]] = {}
        of_words = [number for number, word in enumerate(self.words) if word in wanted]
        pairs = [number for number, pair in enumerate(map(" ".join, pairwise(self.words))) if pair in wanted]
        numbers = sorted({*of_words, *pairs, *(number + 1 for number in pairs)})
        spans = dict(zip(numbers, self._spans(numbers), strict=True))
        for number in of_words:
            found.setdefault(self.words[number], []).append(spans[number])
        for number in pairs:
            pair = f"{self.words[number]} {self.words[number + 1]}"
            found.setdefault(pair, []).append((spans[number][0], spans[number + 1][1]))
        return found

    def morphemes(self) -> list[Morpheme]:
        """The words, each with its place in the text."""
        spans = self._spans(range(len(self.words)))
        return [Morpheme(word, *span) for word, span in zip(self.words, spans, strict=True)]

    def _spans(self, numbers: Sequence[int]) -> Iterator[Span]:
        """Where the words of these `numbers` stand, which ascend."""
        first = before = at = 0  # the number of a piece's first word, the characters before it
        for piece, written in zip(self._pieces, self._written, strict=True):
            places = self._lines.places(written)
            letters, byte, character = piece.encode(), 0, before
            while at < len(numbers) and (within := numbers[at] - first) < len(places):
                start, end = map(int, places[within].split("\t"))
                begins = character + len(letters[byte:start].decode())
                byte, character = end, begins + len(letters[start:end].decode())
                yield begins, character
                at += 1
            first += len(places)
            before += len(piece)


def _pieces(text: str) -> list[str]:
    """`text` in pieces MeCab is quick with. A NUL would end the text for MeCab: it becomes a space."""
    text = text.replace("\0", " ")
    return [text] if len(text) <= LONGEST_PIECE else re.findall(_PIECE, text)


def _checksum(file: str) -> int:
    checksum = 0
    with open(file, "rb") as content:  # noqa: PTH123 - as above
        while part := content.read(1 << 20):
            checksum = crc32(part, checksum)
    return checksum


def _packed() -> str | None:
    folder = join(dirname(__file__), PACKED)
    return folder if isfile(join(folder, SLIM_MARK)) else None


def stock_dictionary() -> str:
    """The folder of IPADIC as the pins have it."""
    import ipadic  # noqa: PLC0415 - where the slim dictionary is, a function starts without it

    return str(ipadic.DICDIR)


def _last_words(message: str) -> str:
    """The line of MeCab's long error page that says what is wrong: the last."""
    lines = [line.strip() for line in message.splitlines() if line.strip(" -")]
    return lines[-1] if lines else "no reason given"
