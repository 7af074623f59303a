"""From a detector's opinion to a verdict: borders, limits, and posts no detector can take."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.spam.calibration import Calibration
from shared.spam.detectors.learnt import LearntDetector
from shared.spam.features import DEFAULT_FEATURES
from shared.spam.judging import (
    LONGEST_JUDGED_BODY,
    LONGEST_JUDGED_TITLE,
    Judgement,
    Thresholds,
    judge,
    too_long,
)
from shared.spam.labels import UNCLASSIFIED
from shared.spam.model import Model
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Action, Mode, Reason
from tests.unit.token_ids import bayes_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
THRESHOLDS = Thresholds(review=0.4, take_down=0.8)


@dataclass
class Opinionated:
    """A detector that thinks the same of every post, or can't think at all."""

    score: float = 0.9
    strongest_action: Action = Action.TAKE_DOWN
    error: Exception | None = None
    name: str = "opinionated"
    version: str = "o-1"

    def judge(self, post: Post) -> Judgement:  # noqa: ARG002 - of every post
        if self.error:
            raise self.error
        return Judgement(self.score, "lure", (Reason("稼ぐ", 2.0),))


def post(body: str = "本文", title: str = "") -> Post:
    return Post("p-1", 3, NOW, NOW, title, body)


@pytest.mark.parametrize(
    ("score", "action"),
    [
        (0.0, Action.LEAVE),
        (0.3999999999999999, Action.LEAVE),
        (0.4, Action.REVIEW),
        (0.7999999999999999, Action.REVIEW),
        (0.8, Action.TAKE_DOWN),
        (1.0, Action.TAKE_DOWN),
    ],
)
def test_a_threshold_is_reached_by_the_score_that_equals_it(score: float, action: Action) -> None:
    assert THRESHOLDS.action(score) is action
    assert judge(post(), Opinionated(score), THRESHOLDS, Mode.AUTO, NOW).action is action


@pytest.mark.parametrize(
    ("thresholds", "action"),
    [
        (Thresholds(None, None), Action.LEAVE),
        (Thresholds(0.4, None), Action.REVIEW),
        (Thresholds(None, 0.8), Action.TAKE_DOWN),
        (Thresholds(0.8, 0.8), Action.TAKE_DOWN),
    ],
)
def test_a_threshold_that_is_not_set_is_never_reached(thresholds: Thresholds, action: Action) -> None:
    assert thresholds.action(1.0) is action


@given(st.floats(0, 1), st.floats(0, 1), st.none() | st.floats(0, 1), st.none() | st.floats(0, 1))
def test_a_higher_score_never_asks_for_less(
    one: float, other: float, review: float | None, take_down: float | None
) -> None:
    thresholds = Thresholds(review, take_down)
    low, high = sorted((one, other))
    assert thresholds.action(low).strength <= thresholds.action(high).strength


def test_thresholds_survive_a_manifest() -> None:
    for thresholds in (THRESHOLDS, Thresholds(0.4, None), Thresholds(None, None)):
        assert Thresholds.from_json(thresholds.to_json()) == thresholds


@pytest.mark.parametrize("strongest", list(Action))
def test_a_verdict_never_asks_for_more_than_its_detector_may(strongest: Action) -> None:
    detector = Opinionated(1.0, strongest)
    assert judge(post(), detector, THRESHOLDS, Mode.AUTO, NOW).action is strongest


def test_a_verdict_says_what_was_judged_by_whom_when_and_why() -> None:
    found = judge(post(), Opinionated(), THRESHOLDS, Mode.CAPPED, NOW)
    assert (found.key, found.revised_at, found.judged_at) == (("p-1", 3), NOW, NOW)
    assert (found.detector, found.model_version, found.mode) == ("opinionated", "o-1", Mode.CAPPED)
    assert (found.score, found.violation_class, found.note) == (0.9, "lure", "")
    assert found.reasons == (Reason("稼ぐ", 2.0),)


@pytest.mark.parametrize(
    ("long", "named"),
    [
        (post(body="x" * (LONGEST_JUDGED_BODY + 1)), "body of 200,001 characters"),
        (post(body="x" * 10_000_000), "body of 10,000,000 characters"),
        (post(title="x" * (LONGEST_JUDGED_TITLE + 1)), "title of 2,001 characters"),
    ],
    ids=["a character too many", "10 MB", "title"],
)
def test_a_post_too_long_to_judge_goes_to_a_person_with_the_reason(long: Post, named: str) -> None:
    found = judge(long, Opinionated(0.0), Thresholds(None, None), Mode.AUTO, NOW)
    assert (found.action, found.score, found.violation_class) == (Action.REVIEW, None, UNCLASSIFIED)
    assert named in found.note


def test_a_post_of_the_longest_length_is_judged() -> None:
    assert too_long(post("x" * LONGEST_JUDGED_BODY, "x" * LONGEST_JUDGED_TITLE)) == ""


@pytest.mark.parametrize("error", [ValueError("本文"), RecursionError(), MemoryError(), KeyError("x")])
def test_a_post_the_detector_fails_on_goes_to_a_person_without_its_text_in_the_note(error: Exception) -> None:
    found = judge(post(), Opinionated(error=error), THRESHOLDS, Mode.AUTO, NOW)
    assert (found.action, found.score) == (Action.REVIEW, None)
    assert type(error).__name__ in found.note
    assert "本文" not in found.note


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "😀😀",
        "★☆★",
        "<p><b></p",
        "\ud800\udfff",
        "\x00\x01",
        "\u200b\ufeff",
        "<" * 100_000,
        "&#x110000;",
    ],
    ids=repr,
)
def test_a_post_that_says_nothing_gets_the_score_of_knowing_nothing(body: str, tokenizer: Tokenizer) -> None:
    bayes = bayes_of({"稼ぐ": 3.0}, {"稼": 1.0}, Calibration(1.0, -2.0), DEFAULT_FEATURES)
    detector = LearntDetector(Model(bayes, {"version": "v"}), tokenizer)
    found = judge(post(body[:2_000]), detector, THRESHOLDS, Mode.AUTO, NOW)
    assert found.score == pytest.approx(Calibration(1.0, -2.0).probability(0.0))
    assert found.action is Action.LEAVE


@given(title=st.text(), body=st.text())
def test_every_post_gets_a_verdict_with_a_score(title: str, body: str, tokenizer: Tokenizer) -> None:
    bayes = bayes_of({"a": 3.0}, {"a": 1.0}, features=DEFAULT_FEATURES)
    detector = LearntDetector(Model(bayes, {"version": "v"}), tokenizer)
    found = judge(post(body, title), detector, THRESHOLDS, Mode.AUTO, NOW)
    assert found.score is not None
    assert found.note in ("", "no words to judge by")
