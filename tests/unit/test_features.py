"""What a model counts of a post."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel, ConfigError
from shared.spam.features import (
    CHARACTER_BUCKETS,
    CHARACTERS,
    DEFAULT_FEATURES,
    FEATURES,
    FIRST_NAMED,
    LONGEST_SEQUENCE,
    Featurizer,
    bucket,
    characters,
    features_named,
    is_word,
    token_id,
)
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OF_WORDS = ("words", "title_words", "word_pairs")


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def test_tokens_are_words_words_of_the_title_and_pairs_of_the_body(featurizer: Featurizer) -> None:
    assert set(featurizer.named(OF_WORDS).tokens(post("美しい<b>花</b>を見る", "静かな花")).named) == {
        "静か",
        "花",
        "美しい",
        "見る",
        "title:静か",
        "title:花",
        "美しい 花",
        "花 見る",
    }


def test_only_the_named_features_are_counted(tokenizer: Tokenizer) -> None:
    flower = post("花を見る", "花")
    assert Featurizer(["title_words"], tokenizer).tokens(flower).named == ("title:花",)
    words = Featurizer(["words"], tokenizer).tokens(flower)
    assert (words.named, set(words.buckets)) == (("花", "見る"), set())
    found = Featurizer(["characters"], tokenizer).tokens(flower)
    assert (found.named, found.text) == ((), "花 花を見る")
    assert set(found.buckets) == characters("花 花を見る")


def test_a_word_counts_once_however_often_and_however_it_is_written(featurizer: Featurizer) -> None:
    words = featurizer.named(["words"])
    assert words.tokens(post("副業 副業 ＬＩＮＥ Line ━━━副\u200b業━━━")) == words.tokens(post("副業 LINE"))


@pytest.mark.parametrize("names", [[], ["nonsense"], ["words", "nonsense"]])
def test_a_model_with_unknown_features_is_refused(names: list[str], tokenizer: Tokenizer) -> None:
    with pytest.raises(BadModel, match="expected some of words"):
        Featurizer(names, tokenizer)


def test_a_feature_named_twice_is_refused(tokenizer: Tokenizer) -> None:
    """Its tokens would be found twice and counted once: whoever named it meant another one."""
    with pytest.raises(BadModel, match=r"each once, came 'words' 2 times$"):
        Featurizer(("words", "masks", "words"), tokenizer)


@pytest.mark.parametrize("text", ["", "  ", ",".join(FEATURES[::-1])])
def test_no_names_are_all_features_and_order_means_nothing(text: str) -> None:
    assert features_named(text) == DEFAULT_FEATURES


def test_named_features_are_those_alone() -> None:
    assert features_named(" structure, words ") == ("words", "structure")
    assert features_named(CHARACTERS) == (CHARACTERS,)


@pytest.mark.parametrize(
    ("text", "came"),
    [("words,wrods", "'wrods'"), ("words,,masks", "''"), (",", "''"), ("words,words", "'words' 2 times")],
)
def test_names_nobody_knows_or_named_twice_are_told_with_what_was_expected(text: str, came: str) -> None:
    with pytest.raises(ConfigError) as raised:
        features_named(text, "--features")
    assert str(raised.value) == f"--features: expected some of {', '.join(FEATURES)}, each once, came {came}"


def test_names_of_features_never_change() -> None:
    """A stored model holds them: renaming one makes every model in service unreadable."""
    assert {"words", "title_words", "word_pairs", "structure", "masks", "characters"} <= set(FEATURES)
    assert set(DEFAULT_FEATURES) <= set(FEATURES)


@pytest.mark.parametrize("body", ["", "★☆", "😀", "<p></p>", "\u200b", "\ud800", "<", "&", "<b"])
def test_a_post_that_says_nothing_has_no_named_token(body: str, featurizer: Featurizer) -> None:
    assert featurizer.tokens(post(body)).named in ((), ("\ufffd",))


@pytest.mark.parametrize("body", ["", "★☆", "<p></p>", "\u200b", "<b"])
def test_a_post_without_text_has_no_characters(body: str, featurizer: Featurizer) -> None:
    found = featurizer.tokens(post(body))
    assert (set(found.buckets), found.text) == (set(), "")


@given(body=st.text(), title=st.text(max_size=20))
def test_tokens_are_distinct_and_the_same_every_time(body: str, title: str, featurizer: Featurizer) -> None:
    tokens = featurizer.tokens(post(body, title))
    assert len(tokens.named) == len(set(tokens.named))
    assert len(tokens.buckets) == len(set(tokens.buckets))
    again = featurizer.tokens(post(body, title))
    assert (tokens.named, list(tokens.buckets)) == (again.named, list(again.buckets))


@given(body=st.text(), title=st.text(max_size=20))
def test_ids_of_a_post_are_those_of_its_tokens_and_tell_names_from_buckets(
    body: str, title: str, featurizer: Featurizer
) -> None:
    tokens = featurizer.tokens(post(body, title))
    ids = tokens.ids()
    assert list(ids.named) == [token_id(token) for token in tokens.named]
    assert all(FIRST_NAMED <= each < 1 << 32 for each in ids.named)
    assert all(0 <= each < CHARACTER_BUCKETS for each in ids.buckets)
    assert set(ids.buckets) == characters(tokens.text)


@pytest.mark.parametrize(
    ("token", "expected"), [("花", True), ("花 見る", False), ("title:花", False), ("title", True)]
)
def test_a_plain_word_is_told_from_the_other_features(token: str, expected: bool) -> None:
    assert is_word(token) is expected


@given(body=st.text(), title=st.text(max_size=20))
def test_only_the_feature_words_makes_plain_words(body: str, title: str, featurizer: Featurizer) -> None:
    others = featurizer.named([name for name in FEATURES if name != "words"])
    assert [token for token in others.tokens(post(body, title)).named if is_word(token)] == []


# Ids: a stored model is found by them, so they never change.

KNOWN_IDS = {"副業": 2295188425, "title:副業": 2682437026, "稼ぐ 副業": 2201801800, "": 2147483648}
KNOWN_BUCKETS = {"a": 97, "副": 21103, "副業": 766903, "副業で": 875299, "": 0}


def test_ids_are_those_of_the_models_in_service() -> None:
    assert {token: token_id(token) for token in KNOWN_IDS} == KNOWN_IDS
    assert {sequence: bucket(sequence) for sequence in KNOWN_BUCKETS} == KNOWN_BUCKETS


def test_ids_are_the_same_in_every_process() -> None:
    """Python's own hash of a string is another in each process: a model would know no token any more."""
    script = (
        "import json; from shared.spam.features import *;"
        f"print(json.dumps([[token_id(t) for t in {list(KNOWN_IDS)!r}], sorted(characters('副業で稼ぐ'))]))"
    )
    for seed in ("1", "2"):
        told = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        assert json.loads(told) == [list(KNOWN_IDS.values()), sorted(characters("副業で稼ぐ"))]


# Sequences of characters


def sequences(units: list[bytes]) -> set[int]:
    """What `characters` means, said plainly: each run of one to three 16-bit units, as one number."""
    return {
        int.from_bytes(b"".join(units[start : start + length]), "little") % CHARACTER_BUCKETS
        for length in range(1, LONGEST_SEQUENCE + 1)
        for start in range(len(units) - length + 1)
    }


BASIC_PLANE = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(BASIC_PLANE)
def test_characters_are_the_buckets_of_all_sequences_of_one_to_three(text: str) -> None:
    assert characters(text) == {
        bucket(text[start : start + length])
        for length in range(1, LONGEST_SEQUENCE + 1)
        for start in range(len(text) - length + 1)
    }


@given(ANY_TEXT)
def test_a_character_beyond_the_basic_plane_counts_as_the_two_units_it_is(text: str) -> None:
    units = text.encode("utf-16-le")
    assert characters(text) == sequences([units[at : at + 2] for at in range(0, len(units), 2)])
    assert {bucket(character) for character in text} <= characters(text)


@given(ANY_TEXT, ANY_TEXT)
def test_text_that_is_part_of_another_has_no_other_characters(one: str, other: str) -> None:
    assert characters(one) <= characters(one + other)
    assert characters(other) <= characters(one + other)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("", []),
        ("a", ["a"]),
        ("ab", ["a", "b", "ab"]),
        ("aaaa", ["a", "aa", "aaa"]),
        ("a b", ["a b", "a ", " b", "a", " ", "b"]),
    ],
)
def test_the_shortest_texts_have_no_sequence_too_many(text: str, spoken: list[str]) -> None:
    assert characters(text) == {bucket(sequence) for sequence in spoken}


def test_white_space_counts_as_one_space_and_decorations_do_not_count(featurizer: Featurizer) -> None:
    found = featurizer.named(["characters"]).tokens(post("<p>花 \n\t を</p>★★★見る", "　静か\n"))
    assert found.text == "静か 花 を 見る"


@pytest.mark.parametrize("letters", ["abcdefghijklmnopqrstuvwxyz", "".join(map(chr, range(0x3041, 0x3097)))])
def test_sequences_of_one_script_do_not_crowd_into_few_buckets(letters: str) -> None:
    pairs = [first + second for first in letters for second in letters]
    assert len({bucket(pair) for pair in pairs}) > 0.99 * len(pairs)
    threes = [one + pair for one in letters[:20] for pair in pairs]
    by_chance = CHARACTER_BUCKETS * (1 - (1 - 1 / CHARACTER_BUCKETS) ** len(threes))
    assert len({bucket(three) for three in threes}) > 0.97 * by_chance
