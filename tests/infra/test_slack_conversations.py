"""The stand-in Slack gives back what was posted as Slack would."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient

from infra.local.processes import Processes
from tests.slack_stand_in import channel_of, client, error_of, start

METADATA = {"event_type": "sekisho_alert", "event_payload": {"alert_id": "a-1"}}


@pytest.fixture(scope="module")
def url(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start(processes, "slack-conversations", tmp_path_factory.mktemp("slack-conversations"))


@pytest.fixture
def slack(url: str) -> WebClient:
    return client(url)


@pytest.fixture
def room(slack: WebClient, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A channel of the test's own with one message: the channel's id and the message's ts."""
    posted = slack.chat_postMessage(channel=channel_of(request), text="root", metadata=METADATA)
    return posted["channel"], posted["ts"]


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer["messages"]]


def test_a_history_has_what_stands_in_the_channel_newest_first(
    slack: WebClient, room: tuple[str, str]
) -> None:
    channel, root = room
    slack.chat_postMessage(channel=channel, text="reply", thread_ts=root)
    slack.chat_postMessage(channel=channel, text="loud reply", thread_ts=root, reply_broadcast=True)
    slack.chat_postMessage(channel=channel, text="second")
    history = slack.conversations_history(channel=channel)
    assert texts(history) == ["second", "loud reply", "root"]
    assert history["messages"][2]["reply_count"] == 2
    assert history["messages"][1]["subtype"] == "thread_broadcast"
    assert history["has_more"] is False


def test_replies_begin_with_the_message_they_answer(slack: WebClient, room: tuple[str, str]) -> None:
    channel, root = room
    for text in ("first", "second"):
        reply = slack.chat_postMessage(channel=channel, text=text, thread_ts=root)
    assert texts(slack.conversations_replies(channel=channel, ts=root)) == ["root", "first", "second"]
    assert texts(slack.conversations_replies(channel=channel, ts=reply["ts"])) == ["root", "first", "second"]


def test_metadata_comes_only_where_it_is_asked_for(slack: WebClient, room: tuple[str, str]) -> None:
    channel, root = room
    for read in (slack.conversations_history, lambda **k: slack.conversations_replies(ts=root, **k)):
        assert "metadata" not in read(channel=channel)["messages"][0]
        asked = read(channel=channel, include_all_metadata=True)
        assert asked["messages"][0]["metadata"] == METADATA


def test_long_histories_come_in_pages(slack: WebClient, room: tuple[str, str]) -> None:
    channel, _root = room
    for n in range(4):
        slack.chat_postMessage(channel=channel, text=str(n))
    pages = [texts(page) for page in slack.conversations_history(channel=channel, limit=2)]
    assert pages == [["3", "2"], ["1", "0"], ["root"]]


def test_a_history_can_be_bounded_by_time(slack: WebClient, room: tuple[str, str]) -> None:
    channel, root = room
    second = slack.chat_postMessage(channel=channel, text="second")["ts"]
    assert texts(slack.conversations_history(channel=channel, oldest=root)) == ["second"]
    assert texts(slack.conversations_history(channel=channel, latest=second)) == ["root"]
    within = slack.conversations_history(channel=channel, oldest=root, latest=second, inclusive=True)
    assert texts(within) == ["second", "root"]


def test_what_slack_would_not_read_is_refused(slack: WebClient, room: tuple[str, str]) -> None:
    channel, _root = room
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: slack.conversations_history(channel="kpi-alerts"), "channel_not_found"),
        (lambda: slack.conversations_history(channel=channel, limit=1_000), "invalid_limit"),
        (lambda: slack.conversations_history(channel=channel, cursor="bm9wZQ=="), "invalid_cursor"),
        (lambda: slack.conversations_history(channel=channel, cursor="?"), "invalid_cursor"),
        (lambda: slack.conversations_history(channel=channel, oldest="noon"), "invalid_ts_oldest"),
        (lambda: slack.conversations_replies(channel=channel, ts="1.000001"), "thread_not_found"),
    ]
    for call, code in wrong:
        assert error_of(call)["error"] == code
