"""Morphological analysis: a text's content words in their base form. The only importer of MeCab."""

# ruff: noqa: PTH118, PTH113, PTH120 - pathlib would take a cold start milliseconds, for one look at a file
import re
from collections.abc import Container
from operator import attrgetter
from os.path import dirname, isfile, join
from shlex import quote
from typing import NamedTuple
from zlib import crc32

import MeCab

from shared.errors import ConfigError

LONGEST_PIECE = 1_000
"""Characters analysed at once. MeCab is quadratic in runs of one character type ("aaaa…"): this bounds it."""

KEPT_PARTS_OF_SPEECH = ("名詞", "動詞", "形容詞", "副詞")
"""Nouns (which in IPADIC hold the adjectival nouns: 名詞,形容動詞語幹), verbs, adjectives, adverbs."""

KEPT_IDS = r"(?:1[0-2]|3[1-9]|[45][0-9]|6[0-7])"
"""Their numbers, as a pattern: adjectives 10-12, verbs 31-33, adverbs 34-35, nouns 36-67 (pos-id.def)."""

PACKED = "dictionary"
"""The folder beside this file where a function's archive holds the slim dictionary of infra/dictionary.py."""

SLIM_MARK = "base-forms-only"
"""The file that says a dictionary is slim: its one column is the base form, of kept words and no others."""

# Patterns are compiled when they are first needed, which no cold start needs of most.
_PIECE = rf"(?s:.{{1,{LONGEST_PIECE}}}(?:[。．.!?\s]|\Z)|.{{1,{LONGEST_PIECE}}})"
_HOLDS_A_LETTER = r"(?>(?=\w)|(?=[^\w\n]++\w))"


_STEP = attrgetter("rlength", "next")
"""Of one of MeCab's nodes: its bytes with the white space before it, and the node behind it."""


class Morpheme(NamedTuple):
    """A content word and where its surface is: characters `start` to `end` of the text."""

    word: str
    start: int
    end: int


NOT_WANTED = Morpheme("\n", 0, 0)
"""Stands in the order of words for one whose place nobody asked for; no word is a line break."""

# How MeCab writes a morpheme, known or unknown, and what finds the words in that. Each begins with a line
# break, as the patterns do: that is found faster than a line's start. No morpheme has one: MeCab skips it.
# `of_each` is the same by morpheme: empty for those that are no words.


class _ById:
    """IPADIC as it is: numbers and columns are known, and no word it keeps lacks a base form."""

    known, unknown = r"\n%h\t%f[6]", r"\n%h\t%m"

    def __init__(self) -> None:
        self._words = re.compile(rf"\n{KEPT_IDS}\t{_HOLDS_A_LETTER}([^\n]++)")

    def words(self, output: str) -> list[str]:
        return self._words.findall(output)

    def of_each(self, output: str) -> list[str]:
        return ["".join(self.words(f"\n{line}")) for line in output.split("\n")[1:]]


class _Slim:
    """A slim dictionary: known words were chosen when it was made, unknown ones go by their number."""

    known, unknown = r"\n%H", r"\n\t%h\t%m"

    def __init__(self) -> None:
        self._all_but_the_word = re.compile(rf"\t(?:{KEPT_IDS}\t{_HOLDS_A_LETTER}|[^\n]*+)")

    def words(self, output: str) -> list[str]:
        return [word for word in self.of_each(output) if word]

    def of_each(self, output: str) -> list[str]:
        if "\t" in output:
            output = self._all_but_the_word.sub("", output)
        return output.split("\n")[1:]


class _ByName:
    """Any dictionaries, by the names in IPADIC's columns; one column alone is a base form, as in a slim one.

    Numbers are only as good as the pos-id.def a dictionary was compiled with: a user dictionary compiled
    against PyPI's IPADIC, which has none, numbers all its words alike.
    """

    known = unknown = r"\n%H\t%m"

    def __init__(self) -> None:
        names, between = "|".join(KEPT_PARTS_OF_SPEECH), r"[^,\t\n]*+," * 5
        self._words = re.compile(
            rf'\n(?:(?:{names}),{between}("[^"\t\n]*+"|[^,\t\n]*+)[^\t\n]*+'
            rf"|([^,\t\n]++)|(?:{names}),[^\t\n]*+)\t{_HOLDS_A_LETTER}([^\n]++)"
        )

    def words(self, output: str) -> list[str]:
        return [
            surface if base == "*" else base.strip('"') or only_column or surface
            for base, only_column, surface in self._words.findall(output)
        ]

    def of_each(self, output: str) -> list[str]:
        return ["".join(self.words(f"\n{line}")) for line in output.split("\n")[1:]]


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
        self._reading: _ById | _Slim | _ByName = _ByName() if dictionary or user_dictionary else _ById()
        if not user_dictionary and isfile(join(folder, SLIM_MARK)):
            self._reading = _Slim()
        self._files = [user_dictionary] if user_dictionary else []
        if dictionary:
            self._files.append(join(dictionary, "sys.dic"))
        user = f" -u {quote(user_dictionary)}" if user_dictionary else ""
        form = f'-F "{self._reading.known}" -U "{self._reading.unknown}" -E "" -B ""'
        try:
            self._model = MeCab.Model(f"-r /dev/null -d {quote(folder)}{user} {form}")
        except RuntimeError as error:
            raise ConfigError(
                f"MeCab: expected an IPADIC-shaped dictionary in {folder!r}"
                + (f" and a compiled user dictionary at {user_dictionary!r}" if user_dictionary else "")
                + f", came one MeCab can't open: {_last_words(str(error))}"
            ) from error
        # Either is one thread's at a time. Who finds none makes another, over the same mapped files.
        self._idle: list[MeCab.Tagger] = [self._model.createTagger()]
        self._idle_lattices: list[MeCab.Lattice] = []

    @property
    def dictionaries(self) -> str:
        """Checksums of the dictionaries words depend on besides IPADIC, slim or not; empty without any."""
        return " ".join(f"{_checksum(file):08x}" for file in self._files)

    def words(self, text: str) -> list[str]:
        """Nouns, verbs, adjectives, adjectival nouns and adverbs of `text`, in order, in base form.

        A word without a base form keeps its surface; "words" without a letter or number (IPADIC takes
        some symbols for nouns) are dropped.
        """
        tagger = self._tagger()
        if len(text) <= LONGEST_PIECE and "\0" not in text:
            found = self._reading.words(tagger.parse(text))
        else:
            found = [word for piece in _pieces(text) for word in self._reading.words(tagger.parse(piece))]
        self._idle.append(tagger)
        return found

    def analysed(self, text: str) -> "Analysis":
        """`text` with its `words`, for whom may ask where they stand."""
        return Analysis(self, text)

    def morphemes(self, text: str, wanted: Container[str] | None = None) -> list[Morpheme]:
        """The words of `words`, each with its place in `text`; of `wanted` ones alone, as of an Analysis."""
        return self.analysed(text).morphemes(wanted)

    def _tagger(self) -> MeCab.Tagger:
        try:
            return self._idle.pop()
        except IndexError:
            return self._model.createTagger()

    def _lattice(self) -> MeCab.Lattice:
        try:
            return self._idle_lattices.pop()
        except IndexError:
            return self._model.createLattice()

    def _analyse(self, piece: str, lattice: MeCab.Lattice) -> str:
        """What MeCab writes of `piece`, which `lattice` holds from then on."""
        tagger = self._tagger()
        lattice.set_sentence(piece)
        is_analysed = tagger.parse(lattice)
        self._idle.append(tagger)
        if not is_analysed:  # to look into its nodes would end the process
            raise RuntimeError(f"MeCab: {lattice.what()}")
        return str(lattice.toString())


class Analysis:
    """A text as MeCab analysed it: its `words`, and where they stand without a second analysis.

    That is kept in a lattice, which is dear to make and goes back to the tokenizer with the analysis' end.
    """

    def __init__(self, tokenizer: Tokenizer, text: str) -> None:
        self._tokenizer, self._pieces = tokenizer, _pieces(text)
        self._lattice = tokenizer._lattice()
        self._outputs = [tokenizer._analyse(piece, self._lattice) for piece in self._pieces]
        self.words = [word for output in self._outputs for word in tokenizer._reading.words(output)]

    def __del__(self) -> None:
        self._tokenizer._idle_lattices.append(self._lattice)

    def morphemes(self, wanted: Container[str] | None = None) -> list[Morpheme]:
        """The words, each with its place in the text.

        Where only some are `wanted`, NOT_WANTED stands for each of the others.
        """
        found, character = [], 0
        for piece, output in zip(self._pieces, self._outputs, strict=True):
            if len(self._pieces) > 1:  # the lattice holds the last one
                self._tokenizer._analyse(piece, self._lattice)
            letters, byte, last = piece.encode(), 0, 0
            following = self._lattice.bos_node().next
            for word in self._tokenizer._reading.of_each(output):
                node = following
                length, following = _STEP(node)
                last += length
                if not word:
                    continue
                if wanted is not None and word not in wanted:
                    found.append(NOT_WANTED)
                    continue
                first = last - node.length
                start = character + len(letters[byte:first].decode())
                byte, character = last, start + len(letters[first:last].decode())
                found.append(Morpheme(word, start, character))
            character += len(letters[byte:].decode())
        return found


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
