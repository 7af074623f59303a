"""Events about posts: what is taken, what is refused by name, and that no error repeats what a post says."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadEvent
from shared.spam.events import read_post
from shared.spam.posts import AHEAD_OF_CLOCK, LONGEST_BODY, LONGEST_TITLE, OLDEST_REVISION, Post

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "ひみつの本文"


def event(**data: Any) -> bytes:
    return json.dumps({"type": "post.created", "data": post_data(**data)}).encode()


def post_data(**changes: Any) -> dict[str, Any]:
    whole = {
        "post_id": "p-1",
        "revision": 1,
        "posted_at": "2026-11-22T10:00:00+09:00",
        "revised_at": "2026-11-22T10:00:00+09:00",
        "title": "データ入力",
        "body": "<p>在宅</p>",
        "category": "data_entry",
        "author_id": "u-9",
        "attributes": {"pay": "1000"},
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def refusal(body: bytes) -> BadEvent:
    with pytest.raises(BadEvent) as raised:
        read_post(body, NOW)
    return raised.value


def test_an_event_becomes_a_post_with_times_in_utc() -> None:
    post = read_post(event(), NOW)
    assert post == Post(
        post_id="p-1",
        revision=1,
        posted_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        revised_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        title="データ入力",
        body="<p>在宅</p>",
        category="data_entry",
        author_id="u-9",
        attributes={"pay": "1000"},
    )
    assert post.posted_at.tzinfo is UTC


def test_what_may_be_left_out_may_be_left_out() -> None:
    post = read_post(event(revision=..., title=..., category=..., author_id=..., attributes=...), NOW)
    assert (post.revision, post.title, post.category, post.author_id, post.attributes) == (1, "", "", "", {})


@pytest.mark.parametrize("field", ["post_id", "posted_at", "revised_at", "body"])
def test_a_missing_field_is_named(field: str) -> None:
    assert refusal(event(**{field: ...})).field == f"data.{field}"


@pytest.mark.parametrize("wrong", [None, 7, 1.5, True, [], {}], ids=repr)
@pytest.mark.parametrize(
    "field", ["post_id", "posted_at", "revised_at", "title", "body", "category", "author_id"]
)
def test_a_field_of_the_wrong_type_is_named(field: str, wrong: object) -> None:
    found = refusal(event(**{field: wrong}))
    assert found.field == f"data.{field}"
    assert found.field in str(found)


@pytest.mark.parametrize("wrong", [0, -1, 1.0, "1", True, None, 2**31, 10**30], ids=repr)
def test_a_revision_is_a_whole_number_from_1(wrong: object) -> None:
    assert refusal(event(revision=wrong)).field == "data.revision"


@pytest.mark.parametrize(
    "wrong", ["", " ", "a b", "a\n", "a\u3000b", "a\x00b", "x" * 201, ".", ".."], ids=repr
)
def test_a_post_id_has_no_white_space_and_at_most_200_characters(wrong: str) -> None:
    assert refusal(event(post_id=wrong)).field == "data.post_id"


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        ("title", LONGEST_TITLE),
        ("body", LONGEST_BODY),
        ("category", 200),
        ("author_id", 200),
        ("post_id", 200),
    ],
)
def test_a_text_of_the_longest_length_is_taken_and_one_more_is_refused(field: str, longest: int) -> None:
    assert len(getattr(read_post(event(**{field: "字" * longest}), NOW), field)) == longest
    found = refusal(event(**{field: "字" * (longest + 1)}))
    assert found.field == f"data.{field}"
    assert len(str(found)) < 300


@pytest.mark.parametrize(
    "wrong",
    [
        "2026-11-22T10:00:00",  # no zone
        "2026-11-22T10:00:00 Asia/Tokyo",
        "2026-11-22T10:00:00+99:00",
        "2026-13-01T10:00:00Z",
        "2026-11-22",
        "きのう",
        "",
    ],
)
@pytest.mark.parametrize("field", ["posted_at", "revised_at"])
def test_a_time_that_is_none_or_has_no_known_zone_is_refused(field: str, wrong: str) -> None:
    assert refusal(event(**{field: wrong})).field == f"data.{field}"


@pytest.mark.parametrize("off", [timedelta(0), timedelta(seconds=1)])
def test_a_revision_may_be_as_old_as_bigquery_takes_and_not_a_second_older(off: timedelta) -> None:
    body = event(revised_at=(NOW - OLDEST_REVISION - off).isoformat(), posted_at="2019-01-01T00:00:00Z")
    if off:
        assert refusal(body).field == "data.revised_at"
    else:
        assert read_post(body, NOW).revised_at == NOW - OLDEST_REVISION


@pytest.mark.parametrize("off", [timedelta(0), timedelta(seconds=1)])
def test_a_platforms_clock_may_run_a_day_ahead_and_not_a_second_more(off: timedelta) -> None:
    body = event(revised_at=(NOW + AHEAD_OF_CLOCK + off).isoformat())
    if off:
        assert refusal(body).field == "data.revised_at"
    else:
        assert read_post(body, NOW).revised_at == NOW + AHEAD_OF_CLOCK


@pytest.mark.parametrize("extreme", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.parametrize("field", ["posted_at", "revised_at"])
def test_times_at_the_ends_of_the_calendar_do_not_crash(field: str, extreme: str) -> None:
    """In UTC they lie outside of it."""
    if field == "posted_at" and extreme.startswith("9999"):
        assert read_post(event(posted_at=extreme), NOW).posted_at.year == 2026
    else:
        assert refusal(event(**{field: extreme})).field == f"data.{field}"


def test_a_post_did_not_appear_after_its_revision() -> None:
    post = read_post(event(posted_at="2026-11-22T11:00:00+09:00"), NOW)
    assert post.posted_at == post.revised_at


def test_an_old_post_edited_today_is_taken() -> None:
    assert read_post(event(posted_at="2004-02-03T00:00:00Z"), NOW).posted_at.year == 2004


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ([], "data.attributes"),
        ("pay", "data.attributes"),
        ({"pay": 1000}, "data.attributes"),
        ({"pay": None}, "data.attributes"),
        ({"pay": {"low": "1"}}, "data.attributes"),
        ({"pay": "9" * 201}, "data.attributes"),
        ({str(number): "" for number in range(51)}, "data.attributes"),
    ],
)
def test_attributes_are_few_short_texts(wrong: object, named: str) -> None:
    assert refusal(event(attributes=wrong)).field == named


@pytest.mark.parametrize(
    "changes",
    [
        {"post_id": f"{SECRET} {SECRET}"},
        {"title": SECRET * 10_000},
        {"body": [SECRET]},
        {"category": SECRET * 200},
        {"posted_at": SECRET},
        {"attributes": {SECRET: 5}},
        {"attributes": {SECRET * 100: "x"}},
        {"attributes": {"x": SECRET * 100}},
        {"attributes": SECRET},
        {"revision": SECRET},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_error_never_repeats_what_the_post_says(changes: dict[str, Any]) -> None:
    found = refusal(event(**changes))
    assert "ひみつ" not in str(found)
    assert "ひみつ" not in found.field


@pytest.mark.parametrize("kind", ["post.deleted", "", None, 3])
def test_only_new_and_edited_posts_are_events_of_a_post(kind: object) -> None:
    assert refusal(json.dumps({"type": kind, "data": post_data()}).encode()).field == "type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{}",
        b'{"type": "post.created"}',
        b'{"type": "post.created", "data": null}',
        b"\xff\xfe\xff",
        '{"type": "投稿"}'.encode("cp932"),
        b"[" * 200_000,
        b'{"type": "post.created", "data": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"type": NaN, "data": NaN}',
        b'{"type": "post.created", "data": {"revision": ' + b"1" * 5_000 + b"}}",
        b"x" * (8 << 20),
    ],
    ids=lambda body: f"{body[:24]!r}, {len(body)} bytes",
)
def test_what_is_no_event_is_refused_in_one_short_line(body: bytes) -> None:
    found = refusal(body)
    assert len(str(found)) < 400
    assert "\n" not in str(found)


def test_a_body_of_8_mb_of_escapes_is_read() -> None:
    body = event(body="\U0001f363" * 600_000, ignored="x" * 1_000_000)
    assert len(body) > 8_000_000
    assert len(read_post(body, NOW).body) == 600_000


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    twice = event().replace(b'{"post_id": "p-1"', b'{"post_id": "p-0", "post_id": "p-1"')
    assert read_post(twice, NOW).post_id == "p-1"


def test_half_a_surrogate_pair_becomes_a_replacement_character_and_whole_pairs_stay() -> None:
    post = read_post(event(title="a\ud800b\udc00c\ud83d\ude00\ud800", attributes={"k": "\udfff"}), NOW)
    assert post.title == "a\ufffdb\ufffdc\U0001f600\ufffd"
    assert post.attributes == {"k": "\ufffd"}


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
TIME = st.datetimes(datetime(2023, 1, 1), datetime(2026, 11, 22), timezones=st.just(UTC))  # noqa: DTZ001
POSTS = st.builds(
    lambda posted, later, **rest: Post(posted_at=min(posted, later), revised_at=later, **rest),
    posted=TIME,
    later=TIME,
    post_id=st.text("a/.%_-ん😀", min_size=1, max_size=9).filter(lambda name: name not in (".", "..")),
    revision=st.integers(1, 2**31 - 1),
    title=TEXT,
    body=TEXT,
    category=TEXT,
    author_id=TEXT,
    attributes=st.dictionaries(TEXT, TEXT, max_size=4),
)


@given(POSTS)
def test_a_post_survives_the_way_through_pubsub(post: Post) -> None:
    message = json.dumps(post.to_event(), ensure_ascii=False).encode()
    assert read_post(message, NOW) == post


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_body_at_all_crashes_the_intake(body: bytes) -> None:
    refusal(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(post_data())), JSON)
def test_no_value_of_a_field_crashes_the_intake(field: str, value: object) -> None:
    try:
        post = read_post(event(**{field: value}), NOW)
    except BadEvent as error:
        assert error.field.startswith("data.")
    else:
        assert read_post(json.dumps(post.to_event()).encode(), NOW) == post
