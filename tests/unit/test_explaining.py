"""A verdict that somebody acts on says where its reasons stand; the others cost nothing more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.detectors.banned_words import ANY_HIT, BannedWord, BannedWords
from shared.spam.explaining import MOST_FINDS, MOST_PLACES, placed
from shared.spam.judging import Judgement, Thresholds, judge
from shared.spam.posts import Post
from shared.spam.seen import Seen, seen
from shared.spam.text import readable
from shared.spam.verdicts import Action, Mode, Place, Reason, Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Telling:
    """A detector that says where its reasons stand, or fails to."""

    score: float
    found: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)
    name: str = "telling"
    version: str = "t-1"
    strongest_action: Action = Action.TAKE_DOWN

    def judge(self, post: Post) -> Judgement:  # noqa: ARG002 - of every post
        return Judgement(self.score, "lure", (Reason("稼ぐ", 2.0), Reason("symbols", -0.5)))

    def as_seen(self, post: Post) -> Seen:
        return seen(post)

    def places(self, post: Post, tokens: Sequence[str]) -> Mapping[str, Sequence[Place]]:  # noqa: ARG002
        self.asked += tokens
        if self.error:
            raise self.error
        return self.found


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def verdict(detector: Telling, body: str = "<b>稼</b>い<i>で</i>", title: str = "") -> Verdict:
    return judge(post(body, title), detector, Thresholds(0.4, 0.8), Mode.AUTO, NOW)


@pytest.mark.parametrize(
    ("score", "asked"), [(0.39, []), (0.4, ["稼ぐ", "symbols"]), (0.8, ["稼ぐ", "symbols"])]
)
def test_only_a_verdict_that_somebody_acts_on_is_explained(score: float, asked: list[str]) -> None:
    detector = Telling(score)
    found = verdict(detector)
    assert detector.asked == asked
    assert [reason.token for reason in found.reasons] == ["稼ぐ", "symbols"]


def test_places_in_what_is_read_become_places_in_what_was_written() -> None:
    detector = Telling(0.9, {"稼ぐ": [Place("title", 1, 3), Place("body", 0, 2)]})
    found = verdict(detector, title="★★稼い。")
    assert found.reasons[0].places == (Place("title", 2, 4), Place("body", 3, 4), Place("body", 8, 9))
    assert found.reasons[1].places == ()
    assert found.note == ""


def test_a_reason_has_three_finds_in_at_most_twelve_places() -> None:
    often = Telling(0.9, {"稼ぐ": [Place("body", at, at + 1) for at in range(20)]})
    found = verdict(often, "稼" * 20)
    assert found.reasons[0].places == tuple(Place("body", at, at + 1) for at in range(MOST_FINDS))
    cut_up = Telling(0.9, {"稼ぐ": [Place("body", 0, 20)]})
    found = verdict(cut_up, "<b>稼</b>" * 20)
    assert len(found.reasons[0].places) == MOST_PLACES


@pytest.mark.parametrize(
    "detector",
    [
        Telling(0.9, error=ValueError("本文")),
        Telling(0.9, error=RecursionError()),
        Telling(0.9, {"稼ぐ": [Place("author", 0, 1)]}),
    ],
    ids=["fails", "fails deep down", "names no field"],
)
def test_an_explanation_that_fails_costs_no_verdict_and_is_told_without_post_text(detector: Telling) -> None:
    found = verdict(detector)
    assert (found.action, found.reasons[0]) == (Action.TAKE_DOWN, Reason("稼ぐ", 2.0))
    assert found.note.startswith("could not be explained")
    assert "本文" not in found.note


@pytest.mark.parametrize("place", [Place("body", 0, 99), Place("body", -1, 1), Place("body", 2, 2)])
def test_a_place_that_is_none_is_left_out(place: Place) -> None:
    assert verdict(Telling(0.9, {"稼ぐ": [place]})).reasons[0].places == ()


def test_a_detector_that_tells_no_places_gives_its_reasons_as_they_are() -> None:
    reasons = (Reason("稼ぐ", 1.0),)
    assert placed(post("稼ぐ"), object(), reasons) == (reasons, "")


def parts(found: Verdict, of: Post) -> list[list[str]]:
    texts = {"title": of.title, "body": of.body}
    return [[texts[name][start:end] for name, start, end in reason.places] for reason in found.reasons]


@pytest.mark.parametrize(
    ("pattern", "title", "body", "expected"),
    [
        ("副業", "副業", "<p>副<b>業</b>", ["副業", "副", "業"]),
        ("(簡単|かんたん)に稼げ", "", "誰でも<i>ｶﾝﾀﾝに稼げる", []),
        ("(簡単|カンタン)に稼げ", "", "誰でも<i>ｶﾝﾀﾝに稼げる", ["ｶﾝﾀﾝに稼げ"]),
        ("ＬＩＮＥ　ＩＤ", "", "ＬＩＮＥ ｉｄ: x", ["ＬＩＮＥ ｉｄ"]),
        ("副業", "", "副\u200b業 &#x526f;業 <s hidden>副業</s>", ["副\u200b業", "&#x526f;業"]),
        ("[★☆]+稼", "", "★☆★稼ぐ", ["★☆★稼"]),
        ("ーーー", "", "稼ーーーげ", ["ーーー"]),
        ("副業", "", "副業" * 5, ["副業"] * 3),
        (r"終わり\s始め", "終わり", "始め", ["終わり", "始め"]),
        ("🍣", "", "<b>🍣 🍣</b>", ["🍣", "🍣"]),
    ],
)
def test_a_banned_word_is_shown_where_its_pattern_matched(
    pattern: str, title: str, body: str, expected: list[str]
) -> None:
    judged = post(body, title)
    found = judge(judged, BannedWords([BannedWord(pattern), BannedWord("事務")]), ANY_HIT, Mode.AUTO, NOW)
    assert parts(found, judged) == ([expected] if expected else [])


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_post_says_a_banned_word_s_places_are_in_it(title: str, body: str) -> None:
    judged = post(f"{body}副<b>業", title)
    found = judge(judged, BannedWords([BannedWord("業"), BannedWord("[a-z]+")]), ANY_HIT, Mode.AUTO, NOW)
    assert found.note == ""
    for reason in found.reasons:
        for place in reason.places:
            text = judged.title if place.field == "title" else judged.body
            assert 0 <= place.start < place.end <= len(text)
    if "業" in readable(judged.body):
        assert "業" in [one.token for one in found.reasons]
