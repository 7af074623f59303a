"""People's answers: what is taken, what is refused by name."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import BadEvent
from shared.spam.events import read_label
from shared.spam.labels import UNCLASSIFIED, Answer, LabelledPost, ReviewLabel, Source
from shared.spam.posts import Post

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(**changes: Any) -> bytes:
    data = {
        "post_id": "p-1",
        "revision": 2,
        "answer": "violation",
        "violation_class": "paid_reviews",
        "reviewer": "r-2",
        "source": "patrol",
        "answered_at": "2026-11-22T12:00:00+09:00",
    }
    data = {name: value for name, value in (data | changes).items() if value is not ...}
    return json.dumps({"type": "review.answered", "data": data}).encode()


def label(**changes: Any) -> ReviewLabel:
    return read_label(event(**changes), "w-1", NOW)


def refusal(body: bytes) -> BadEvent:
    with pytest.raises(BadEvent) as raised:
        read_label(body, "w-1", NOW)
    return raised.value


def test_an_answer_becomes_a_label_named_after_its_webhook() -> None:
    assert label() == ReviewLabel(
        label_id="w-1",
        post_id="p-1",
        revision=2,
        answer=Answer.VIOLATION,
        violation_class="paid_reviews",
        source=Source.PATROL,
        reviewer="r-2",
        answered_at=datetime(2026, 11, 22, 3, tzinfo=UTC),
    )


def test_a_violation_without_a_class_is_unclassified() -> None:
    assert label(violation_class=...).violation_class == UNCLASSIFIED
    assert label(violation_class="").violation_class == UNCLASSIFIED


def test_an_ordinary_post_has_no_class_whatever_the_event_says() -> None:
    assert label(answer="ok").violation_class == ""


def test_what_may_be_left_out_may_be_left_out() -> None:
    found = label(revision=..., source=..., reviewer=...)
    assert (found.revision, found.source, found.reviewer) == (1, Source.QUEUE, "")


@pytest.mark.parametrize("field", ["post_id", "answer", "answered_at"])
def test_a_missing_field_is_named(field: str) -> None:
    assert refusal(event(**{field: ...})).field == f"data.{field}"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("post_id", 1),
        ("post_id", ""),
        ("revision", 0),
        ("revision", "1"),
        ("answer", "OK"),
        ("answer", "maybe"),
        ("answer", None),
        ("answer", True),
        ("violation_class", "Paid"),
        ("violation_class", "有料"),
        ("violation_class", "paid reviews"),
        ("violation_class", "x" * 61),
        ("violation_class", "paid\n"),
        ("violation_class", None),
        ("source", "random"),
        ("source", None),
        ("reviewer", 7),
        ("reviewer", "r" * 201),
        ("answered_at", "2026-11-22T12:00:00"),
        ("answered_at", 1_795_000_000),
        ("answered_at", "0001-01-01T00:00:00+14:00"),
        ("answered_at", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_wrong_field_is_named(field: str, wrong: object) -> None:
    assert refusal(event(**{field: wrong})).field == f"data.{field}"


@pytest.mark.parametrize("days", [-2, 5 * 365 + 1])
def test_an_answer_from_tomorrow_or_long_ago_is_refused(days: int) -> None:
    assert refusal(event(answered_at=(NOW - timedelta(days=days)).isoformat())).field == "data.answered_at"


def test_an_event_about_a_post_is_no_answer() -> None:
    assert refusal(event().replace(b"review.answered", b"post.created")).field == "type"


@pytest.mark.parametrize(("answer", "expected"), [(Answer.VIOLATION, True), (Answer.OK, False)])
def test_a_labelled_post_says_whether_people_call_it_a_violation(answer: Answer, expected: bool) -> None:
    post = Post("p-1", 1, NOW, NOW, "", "")
    assert LabelledPost(post, answer, "", Source.QUEUE).is_violation is expected
