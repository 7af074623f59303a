"""The naive way of reading a post, as tutorials show it: bs4, NFKC, a node at a time of a kept tagger.

Nothing of Sekisho is imported here: a process that only judges the naive way must not pay for it.
"""

import unicodedata
from contextlib import suppress
from functools import cache
from typing import Any

import ipadic
import MeCab
from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

KEPT = ("名詞", "動詞", "形容詞", "副詞")


@cache
def tagger() -> Any:
    """MeCab with the stock dictionary, made once."""
    found = MeCab.Tagger(f'-r /dev/null -d "{ipadic.DICDIR}"')
    found.parse("")
    return found


def text(html: str) -> str:
    """What a reader sees. Markup that bs4 refuses to read ("<![<") is read as it was written."""
    with suppress(ParserRejectedMarkup):
        html = BeautifulSoup(html, "html.parser").get_text(" ")
    return unicodedata.normalize("NFKC", html)


def words(html: str) -> list[str]:
    """Japanese content words in base form. As in tokeniser.py, which a naive pipeline would not import."""
    node = tagger().parseToNode(text(html).lower())
    found = []
    while node:
        feature = node.feature.split(",")
        if feature[0] in KEPT:
            found.append(feature[6] if len(feature) > 6 and feature[6] != "*" else node.surface)
        node = node.next
    return found


def spaced(html: str) -> str:
    """Japanese text with a space between any two of MeCab's words: for filters that know no Japanese."""
    node = tagger().parseToNode(text(html))
    found = []
    while node:
        found.append(node.surface)
        node = node.next
    return " ".join(filter(None, found))


def as_they_are(tokens: list[str]) -> list[str]:
    """The analyser of words that are words already; named, so that a stored pipeline can be loaded."""
    return tokens
