"""Alerts reach Slack once, with their pictures; the console is its twin."""

import io
import logging
import zlib
from collections.abc import Iterator

import pytest
import requests

from infra.local.processes import Processes
from shared.alerts.channel import AlertChannel, ChannelRefused, ChannelUnavailable
from shared.alerts.console import ConsoleChannel
from shared.alerts.message import Message, Severity
from tests.slack_workspace import TOKEN, WHOLE, WORDS, Workspace, images, start_slack


@pytest.fixture(scope="module")
def slack_url(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_slack(processes, "slack-channel", tmp_path_factory.mktemp("slack-channel"))


@pytest.fixture
def workspace(slack_url: str, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    workspace = Workspace(slack_url, f"#alerts-{zlib.crc32(request.node.name.encode()):08x}")
    yield workspace
    workspace.forget()


# What every channel does


@pytest.fixture(params=["slack", "console"])
def channel(request: pytest.FixtureRequest, workspace: Workspace) -> AlertChannel:
    return workspace.slack() if request.param == "slack" else ConsoleChannel(io.StringIO())


def test_what_was_sent_is_found_where_it_is(channel: AlertChannel, workspace: Workspace) -> None:
    sent = channel.send(WHOLE, "alert-1", workspace.channel)
    assert sent.channel
    assert sent.thread
    assert channel.find("alert-1", workspace.channel) == sent


def test_what_was_never_sent_is_not_found(channel: AlertChannel, workspace: Workspace) -> None:
    assert channel.find("alert-1", workspace.channel) is None
    sent = channel.send(WORDS, "alert-1", workspace.channel)
    assert channel.find("alert-2", workspace.channel) is None
    assert channel.find("alert-1", workspace.channel, sent.thread) in (sent, None)  # the first of its thread
    assert channel.find("alert-1", f"{workspace.channel}-other") is None


def test_replies_stay_in_the_thread_and_are_found_there(channel: AlertChannel, workspace: Workspace) -> None:
    first = channel.send(WHOLE, "alert-1", workspace.channel)
    reply = channel.send(WORDS, "alert-2", first.channel, first.thread)
    loud = channel.send(WORDS, "alert-3", first.channel, first.thread, aloud=True)
    assert reply == loud == first
    assert channel.find("alert-2", first.channel, first.thread) == first
    assert channel.find("alert-2", first.channel) is None


def test_a_message_of_nothing_but_a_headline_is_sent(channel: AlertChannel, workspace: Workspace) -> None:
    assert channel.send(Message("", Severity.INFO), "alert-1", workspace.channel).thread


# Slack: what arrives


def test_the_words_and_pictures_arrive(workspace: Workspace) -> None:
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert message["text"].startswith("🚨 recsys.item_slot_daily: ctr 0.8 %\n<@U0HANA1234>")
    assert message["metadata"] == {"event_type": "sekisho_alert", "event_payload": {"alert_id": "alert-1"}}
    assert [block["alt_text"] for block in images(message)] == ["ctr, 10 days", "clicks, 10 days"]
    for image in images(message):
        file = requests.get(
            f"{workspace.url}/api/files.info",
            params={"file": image["slack_file"]["id"], "token": TOKEN},
            timeout=10,
        ).json()["file"]
        assert requests.get(file["url_private"], timeout=10).content.startswith(b"\x89PNG")
    assert not message["files"]  # pictures are shown in place, not shared once more


def test_a_loud_reply_is_seen_by_all(workspace: Workspace) -> None:
    slack = workspace.slack()
    first = slack.send(WORDS, "alert-1", workspace.channel)
    slack.send(WORDS, "alert-2", first.channel, first.thread)
    slack.send(WORDS, "alert-3", first.channel, first.thread, aloud=True)
    kinds = [message.get("subtype") for message in workspace.messages()]
    assert kinds == [None, None, "thread_broadcast"]


def test_an_older_message_is_found_on_a_later_page(workspace: Workspace) -> None:
    slack = workspace.slack()
    first = slack.send(WORDS, "alert-0", workspace.channel)
    form = {"channel": first.channel, "text": "chatter", "token": TOKEN}
    with requests.Session() as session:
        for _ in range(201):
            assert session.post(f"{workspace.url}/api/chat.postMessage", data=form, timeout=10).json()["ok"]
    assert slack.find("alert-0", workspace.channel) == first


# Slack: looking things up


def test_where_nobody_may_look_nothing_is_found(workspace: Workspace) -> None:
    slack = workspace.slack()
    sent = slack.send(WORDS, "alert-1", workspace.channel)
    workspace.refuse("conversations.history", "missing_scope")
    assert slack.find("alert-1", sent.channel) is None
    workspace.refuse("conversations.list", "missing_scope")
    assert slack.find("alert-1", workspace.channel) == sent  # without private channels it works
    assert slack.find("alert-1", sent.channel, "1700000000.000001") is None


def test_a_lookup_that_fails_is_not_taken_for_a_no(workspace: Workspace) -> None:
    slack = workspace.slack()
    sent = slack.send(WORDS, "alert-1", workspace.channel)
    workspace.fail("conversations.history", "500", times=99)
    with pytest.raises(ChannelUnavailable):
        slack.find("alert-1", sent.channel)


def test_neither_token_nor_words_are_ever_logged(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    workspace.fail("chat.postMessage", "malformed")
    workspace.fail("upload", "500", times=99)
    slack = workspace.slack()
    slack.send(WHOLE, "alert-1", workspace.channel)
    workspace.refuse("chat.postMessage", "not_in_channel")
    with pytest.raises(ChannelRefused) as refused:
        slack.send(WHOLE, "alert-2", workspace.channel)
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for secret in (TOKEN, "ctr 0.8 %", "dash.example.com"):
        assert secret not in logged
        assert secret not in str(refused.value)
