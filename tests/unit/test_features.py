"""What a model counts of a post."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.features import DEFAULT_FEATURES, FEATURES, Featurizer, is_word
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def test_tokens_are_words_words_of_the_title_and_pairs_of_the_body(featurizer: Featurizer) -> None:
    assert set(featurizer.tokens(post("美しい<b>花</b>を見る", "静かな花"))) == {
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
    assert Featurizer(["title_words"], tokenizer).tokens(post("花を見る", "花")) == ("title:花",)
    assert Featurizer(["words"], tokenizer).tokens(post("花を見る", "花")) == ("花", "見る")


def test_a_word_counts_once_however_often_and_however_it_is_written(featurizer: Featurizer) -> None:
    once = Featurizer.tokens(featurizer.named(["words"]), post("副業 LINE"))
    assert featurizer.named(["words"]).tokens(post("副業 副業 ＬＩＮＥ Line ━━━副\u200b業━━━")) == once


@pytest.mark.parametrize("names", [[], ["nonsense"], ["words", "nonsense"]])
def test_a_model_with_unknown_features_is_refused(names: list[str], tokenizer: Tokenizer) -> None:
    with pytest.raises(BadModel, match="expected some of words"):
        Featurizer(names, tokenizer)


def test_names_of_features_never_change() -> None:
    """A stored model holds them: renaming one makes every model in service unreadable."""
    assert {"words", "title_words", "word_pairs"} <= FEATURES.keys()
    assert set(DEFAULT_FEATURES) <= FEATURES.keys()


@pytest.mark.parametrize("body", ["", "★☆", "😀", "<p></p>", "\u200b", "\ud800", "<", "&", "<b"])
def test_a_post_that_says_nothing_has_no_tokens(body: str, featurizer: Featurizer) -> None:
    assert [token for token in featurizer.tokens(post(body)) if token != "\ufffd"] == []


@given(body=st.text(), title=st.text(max_size=20))
def test_tokens_are_distinct_and_the_same_every_time(body: str, title: str, featurizer: Featurizer) -> None:
    tokens = featurizer.tokens(post(body, title))
    assert len(tokens) == len(set(tokens))
    assert tokens == featurizer.tokens(post(body, title))


@pytest.mark.parametrize(
    ("token", "expected"), [("花", True), ("花 見る", False), ("title:花", False), ("title", True)]
)
def test_a_plain_word_is_told_from_the_other_features(token: str, expected: bool) -> None:
    assert is_word(token) is expected
