"""A batch of posts becomes the ids they are counted by; what can't be answered holds up nothing."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from shared.errors import BadEvent
from shared.spam import tokenizing
from shared.spam.counts import array_of
from shared.spam.features import DEFAULT_FEATURES, FEATURES, Featurizer, Tokens
from shared.spam.judging import LONGEST_JUDGED_BODY, LONGEST_JUDGED_TITLE
from shared.spam.posts import Post
from shared.spam.tokenizing import MOST_IDS, Batch, tokenized
from shared.spam.tokens import Tokenizer

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def featurizer() -> Featurizer:
    return Featurizer(DEFAULT_FEATURES, Tokenizer())


class Stumbling(Featurizer):
    """A featurizer that fails on one post."""

    def named(self, names: Sequence[str]) -> "Stumbling":
        return Stumbling(names, self.tokenizer)

    def tokens(self, post: Post) -> Tokens:
        if post.title == "stumble":
            raise ValueError(post.body)
        return super().tokens(post)


def batch(*posts: tuple[str, str]) -> Batch:
    return Batch(posts, DEFAULT_FEATURES)


def test_ids_are_distinct_ascending_and_what_training_counts(featurizer: Featurizer) -> None:
    text = "簡単な作業で高収入！ 高収入のお仕事 " * 3
    (found,) = tokenized(batch((text, f"<b>{text}</b> 稼 げ る")), featurizer).ids

    assert found == sorted(set(found or ()))
    post = Post("p", 1, NOW, NOW, text, f"<b>{text}</b> 稼 げ る")
    assert found == array_of(featurizer.tokens(post).ids()).tolist()


def test_a_post_a_feature_fails_on_holds_up_no_other_and_is_told_without_its_text() -> None:
    stumbling = Stumbling(DEFAULT_FEATURES, Tokenizer())
    found = tokenized(batch(("a", "b"), ("stumble", "secret"), ("a", "b")), stumbling)

    assert found.ids[0]
    assert found.ids == [found.ids[0], None, found.ids[0]]
    assert found.untold == {"ValueError": 1}


def test_an_answer_that_is_full_leaves_the_rest_for_the_next_run(
    featurizer: Featurizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ("題名", "本文の言葉")
    (ids,) = tokenized(batch(one), featurizer).ids
    assert ids
    monkeypatch.setattr(tokenizing, "MOST_IDS", 2 * len(ids))

    found = tokenized(batch(one, one, one, one), featurizer)

    assert found.ids == [ids, ids, None, None]
    assert found.untold == {"no room": 2}


def test_the_longest_post_that_is_judged_always_has_room(featurizer: Featurizer) -> None:
    chance = random.Random(1)
    kanji = [chr(code) for code in range(0x4E00, 0x9FA0)]
    title, body = (
        "".join(chance.choices(kanji, k=longest)) for longest in (LONGEST_JUDGED_TITLE, LONGEST_JUDGED_BODY)
    )
    (ids,) = tokenized(batch((title, body)), featurizer).ids

    assert ids
    assert 300_000 < len(ids) < MOST_IDS


def test_a_request_without_features_means_all_and_null_is_an_empty_text() -> None:
    assert Batch.from_request(b'{"calls": [[null, "b"], ["a", null]]}') == Batch(
        [("", "b"), ("a", "")], DEFAULT_FEATURES
    )
    named = b'{"calls": [], "userDefinedContext": {"features": "masks,words", "more": ""}}'
    assert Batch.from_request(named) == Batch([], ("masks", "words"))


def test_a_request_without_features_means_those_the_function_is_set_to() -> None:
    assert Batch.from_request(b'{"calls": []}', ("words",)).features == ("words",)
    named = b'{"calls": [], "userDefinedContext": {"features": "masks"}}'
    assert Batch.from_request(named, ("words",)).features == ("masks",)


def test_a_feature_named_twice_is_refused_for_good() -> None:
    """BigQuery asks again after whatever is no refusal."""
    with pytest.raises(BadEvent, match="each once, came 'words' 2 times"):
        Batch.from_request(b'{"calls": [], "userDefinedContext": {"features": "words,words"}}')


def test_the_first_unknown_feature_is_named_with_those_there_are() -> None:
    with pytest.raises(BadEvent, match=r"expected some of words, .*, came 'wrods'") as caught:
        Batch.from_request(b'{"calls": [], "userDefinedContext": {"features": "words,wrods,x"}}')
    assert caught.value.field == "userDefinedContext.features"
    assert all(name in str(caught.value) for name in FEATURES)
