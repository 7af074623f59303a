"""Batches: many posts read at once are counted by the very ids that each is counted by alone."""

from itertools import repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.spam.batches import MOST_AT_ONCE, read_all
from shared.spam.counts import array_of
from shared.spam.evidence import example, examples
from shared.spam.features import CHARACTERS, DEFAULT_FEATURES, Featurizer, token_id
from shared.spam.labels import Answer, LabelledPost, Source
from shared.spam.posts import EARLIEST, Post
from shared.spam.tokens import Tokenizer
from tests.taught_models import sample_labelled

PIECES = [
    *(
        "【急募】簡単な副業！",
        "月収30万円以上",
        "稼 げ る",
        "<p>LINEで連絡</p>",
        "https://example.com/a",
        "★☆★",
    ),
    *("The quick brown foxes", "fr3e cаsh", "\u200b", "\0", "&amp;", "a", "𠮷野家😀", " ", "\n", ""),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.text(max_size=30)
NAMES = st.sampled_from([DEFAULT_FEATURES, (CHARACTERS,), ("words",), DEFAULT_FEATURES[:-1]])


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer()


def post(title: str, body: str) -> Post:
    return Post("post", 1, EARLIEST, EARLIEST, title, body)


@settings(max_examples=200)
@given(texts=st.lists(st.tuples(TEXTS, TEXTS), max_size=6), names=NAMES)
def test_posts_read_together_have_the_tokens_and_ids_that_each_has_alone(
    texts: list[tuple[str, str]], names: tuple[str, ...], tokenizer: Tokenizer
) -> None:
    featurizer = Featurizer(names, tokenizer)
    posts = [post(*text) for text in texts]
    found = list(read_all(posts, featurizer))
    assert len(found) == len(posts)
    for one, (tokens, ids) in zip(posts, found, strict=True):
        alone = featurizer.tokens(one)
        assert (tokens.named, tokens.text) == (alone.named, alone.text)
        assert ids.dtype == np.uint32
        assert ids.tolist() == array_of(alone.ids()).tolist()


@pytest.mark.parametrize("number", [MOST_AT_ONCE - 1, MOST_AT_ONCE, MOST_AT_ONCE + 1])
def test_no_post_is_lost_or_moved_where_a_batch_ends(number: int, tokenizer: Tokenizer) -> None:
    featurizer = Featurizer(["words"], tokenizer)
    words = ["稼ぐ", "", "事務"]
    posts = [post(words[place % 3], "") for place in range(number)]
    expected = [[token_id(word)] if word else [] for word in words]
    found = [ids.tolist() for _, ids in read_all(posts, featurizer)]
    assert found == [expected[place % 3] for place in range(number)]


def test_two_tokens_of_one_id_are_counted_once(tokenizer: Tokenizer) -> None:
    # Two words of one CRC-32, 4ddb0c25.
    assert token_id("plumless") == token_id("buckeroo")
    [(tokens, ids)] = read_all([post("plumless buckeroo", "")], Featurizer(["words"], tokenizer))
    assert tokens.named == ("plumless", "buckeroo")
    assert ids.tolist() == [token_id("plumless")]


def test_posts_come_as_they_are_asked_for(tokenizer: Tokenizer) -> None:
    endless = read_all(repeat(post("稼ぐ", "")), Featurizer(["words"], tokenizer))
    assert next(endless)[1].tolist() == [token_id("稼ぐ")]


def test_examples_are_those_of_each_post_and_only_violations_keep_their_words(tokenizer: Tokenizer) -> None:
    featurizer = Featurizer(DEFAULT_FEATURES, tokenizer)
    labelled = sample_labelled(2, 10)
    found = examples(iter(labelled), featurizer)
    assert [one.labelled for one in found] == labelled
    for one in found:
        assert one.ids.tolist() == example(one.labelled, featurizer).ids.tolist()
        assert bool(one.words) == one.is_violation
    assert any(one.words for one in found)
    assert examples([], featurizer) == []


def test_a_word_of_two_violations_is_kept_once(tokenizer: Tokenizer) -> None:
    lure = LabelledPost(post("副業で稼ぐ", ""), Answer.VIOLATION, "lure", Source.QUEUE)
    one, other = examples([lure, lure], Featurizer(["words"], tokenizer))
    assert one.words == other.words == ("副業", "稼ぐ")
    assert all(word is same for word, same in zip(one.words, other.words, strict=True))
