"""Morphological analysis: a text's content words in their base form. The only importer of MeCab."""

import re
import threading
from shlex import quote

import ipadic
import MeCab

from shared.errors import ConfigError

LONGEST_PIECE = 1_000
"""Characters analysed at once. MeCab is quadratic in runs of one character type ("aaaa…"): this bounds it."""

KEPT_PARTS_OF_SPEECH = ("名詞", "動詞", "形容詞", "副詞")
"""Nouns (which in IPADIC hold the adjectival nouns: 名詞,形容動詞語幹), verbs, adjectives, adverbs."""

_PIECE = re.compile(rf"(?s:.{{1,{LONGEST_PIECE}}}(?:[。．.!?\s]|\Z)|.{{1,{LONGEST_PIECE}}})")
# One line a morpheme: part of speech, base form, surface. An unknown word has no base form.
_KNOWN = r"%f[0]\t%f[6]\t%m\n"
_UNKNOWN = r"%f[0]\t*\t%m\n"
_KEPT = re.compile(rf"^(?:{'|'.join(KEPT_PARTS_OF_SPEECH)})\t([^\t\n]*)\t([^\t\n]*\w[^\t\n]*)$", re.MULTILINE)


class Tokenizer:
    """Content words of Japanese (or any) text, by MeCab with IPADIC.

    `dictionary` is the folder of another IPADIC-shaped system dictionary such as NEologd,
    `user_dictionary` a compiled dictionary used besides it. Raises ConfigError when MeCab can't open
    them. One Tokenizer serves any number of threads: each gets a MeCab tagger of its own over the same
    mapped dictionary.
    """

    def __init__(self, dictionary: str | None = None, user_dictionary: str | None = None) -> None:
        folder = dictionary or ipadic.DICDIR
        user = f" -u {quote(user_dictionary)}" if user_dictionary else ""
        self._arguments = f'-r /dev/null -d {quote(folder)}{user} -F "{_KNOWN}" -U "{_UNKNOWN}" -E "" -B ""'
        self._of_thread = threading.local()
        try:
            self._tagger()
        except RuntimeError as error:
            raise ConfigError(
                f"MeCab: expected an IPADIC-shaped dictionary in {folder!r}"
                + (f" and a compiled user dictionary at {user_dictionary!r}" if user_dictionary else "")
                + f", came one MeCab can't open: {_last_words(str(error))}"
            ) from error

    def words(self, text: str) -> list[str]:
        """Nouns, verbs, adjectives, adjectival nouns and adverbs of `text`, in order, in base form.

        A word IPADIC gives no base form for (`*`) keeps its surface; "words" without a letter or number
        (IPADIC takes unknown symbols for nouns) are dropped.
        """
        parse = self._tagger().parse
        pieces = (text,) if len(text) <= LONGEST_PIECE else _PIECE.findall(text)
        return [
            surface if base == "*" or not base else base
            for piece in pieces
            for base, surface in _KEPT.findall(parse(piece))
        ]

    def _tagger(self) -> MeCab.Tagger:
        tagger = getattr(self._of_thread, "tagger", None)
        if tagger is None:
            tagger = self._of_thread.tagger = MeCab.Tagger(self._arguments)
        return tagger


def _last_words(message: str) -> str:
    """The line of MeCab's long error page that says what is wrong: the last."""
    lines = [line.strip() for line in message.splitlines() if line.strip(" -")]
    return lines[-1] if lines else "no reason given"
