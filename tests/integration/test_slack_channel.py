"""Alerts reach Slack once, with their pictures, whatever fails on the way; the console is its twin."""

import io
import logging
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports
from shared.alerts.channel import AlertChannel, ChannelRefused, ChannelUnavailable, Sent
from shared.alerts.console import ConsoleChannel
from shared.alerts.message import Chart, ChartLine, Link, Links, Message, Severity, Text
from shared.alerts.slack import SlackChannel

DAYS = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(10))
LINE = ChartLine("ctr", DAYS, tuple(float(n) for n in range(10)))
WORDS = Message("ctr 0.8 %, expected 1.9–2.4 %", Severity.CRITICAL, (Text("since 10 January"),))
WHOLE = Message(
    "recsys.item_slot_daily: ctr 0.8 %",
    Severity.CRITICAL,
    (
        Text("ctr 0.8 %, expected 1.9–2.4 %", is_strong=True),
        Chart("ctr, 10 days", (LINE,)),
        Text("clicks 10", is_strong=True),
        Chart("clicks, 10 days", (LINE,)),
        Links((Link("Dashboard", "https://dash.example.com/1"),)),
    ),
    "U0HANA1234",
)
TOKEN = "xoxb-secret-token"


class Waits(list[float]):
    """How long was waited, without waiting."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


class Workspace:
    """A stand-in Slack and what came into one of its channels."""

    def __init__(self, url: str, channel: str) -> None:
        self.url, self.channel, self.waits = url, channel, Waits()

    def slack(self, token: str = TOKEN) -> SlackChannel:
        return SlackChannel(token, f"{self.url}/api/", sleep=self.waits)

    def messages(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/api/inbox.json", params={"channel": self.channel}, timeout=10)
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def fail(self, endpoint: str, kind: str, **more: object) -> None:
        self._order("faults", {"endpoint": endpoint, "kind": kind, **more})

    def refuse(self, method: str, error: str, *messages: str, times: int = 1) -> None:
        self._order("refusals", {"method": method, "error": error, "messages": messages, "times": times})

    def _order(self, what: str, wish: Mapping[str, object]) -> None:
        assert requests.post(f"{self.url}/control/{what}", json=wish, timeout=10).status_code == 201

    def forget(self) -> None:
        for what in ("faults", "refusals"):
            requests.delete(f"{self.url}/control/{what}", timeout=10)


@pytest.fixture(scope="module")
def slack_url(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    port = free_ports(1)[0]
    data: Path = tmp_path_factory.mktemp("slack-channel")
    url = f"http://127.0.0.1:{port}"
    command = python("infra.local.slack", "--port", str(port), "--data", str(data))
    processes.start(Program("slack-channel", command, answers_http(f"{url}/healthz")))
    processes.wait_until_ready(["slack-channel"])
    return url


@pytest.fixture
def workspace(slack_url: str, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    workspace = Workspace(slack_url, f"#alerts-{zlib.crc32(request.node.name.encode()):08x}")
    yield workspace
    workspace.forget()


def images(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [block for block in message["blocks"] if block["type"] == "image"]


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


# Slack: what fails on the way


def test_a_rate_limit_is_waited_out(workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", "429", retry_after=7)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [7.0]
    assert len(workspace.messages()) == 1


@pytest.mark.parametrize("retry_after", [61, 3_600])
def test_a_long_rate_limit_is_left_to_the_next_run(workspace: Workspace, retry_after: int) -> None:
    workspace.fail("chat.postMessage", "429", retry_after=retry_after)
    with pytest.raises(ChannelUnavailable, match="429"):
        workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == []
    assert workspace.messages() == []


def test_rate_limits_without_end_are_given_up(workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", "429", retry_after=20, times=50)
    with pytest.raises(ChannelUnavailable):
        workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [20.0, 20.0, 20.0]


def test_a_retry_after_that_is_a_date_does_no_harm(workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", "429", retry_after="Fri, 16 Jan 2026 09:00:00 GMT")
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [1.0]


def test_server_errors_are_tried_again_with_growing_waits(workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", "500", times=3)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [0.5, 1.0, 2.0]
    assert len(workspace.messages()) == 1


@pytest.mark.parametrize("kind", ["500_after_acting", "malformed", "drop_after_acting"])
def test_a_message_whose_answer_got_lost_is_not_sent_twice(workspace: Workspace, kind: str) -> None:
    slack = workspace.slack()
    slack.send(WORDS, "alert-0", workspace.channel)
    workspace.fail("chat.postMessage", kind)
    sent = slack.send(WHOLE, "alert-1", workspace.channel)
    assert len(workspace.messages()) == 2
    assert slack.find("alert-1", workspace.channel) == sent
    workspace.fail("chat.postMessage", kind)
    assert slack.send(WORDS, "alert-2", sent.channel, sent.thread) == sent
    assert len(workspace.messages()) == 3


@pytest.mark.parametrize("kind", ["malformed", "drop_after_acting"])
def test_where_nobody_can_look_a_lost_answer_is_said_to_be_unknown(workspace: Workspace, kind: str) -> None:
    slack = workspace.slack()
    slack.send(WORDS, "alert-0", workspace.channel)
    workspace.fail("chat.postMessage", kind)
    workspace.refuse("conversations.list", "missing_scope", times=2)
    with pytest.raises(ChannelUnavailable, match=r"whether it arrived is unknown \(missing_scope\)"):
        slack.send(WORDS, "alert-1", workspace.channel)
    assert len(workspace.messages()) == 2


def test_nobody_there_is_unavailable(workspace: Workspace) -> None:
    port = free_ports(1)[0]
    nobody = SlackChannel(TOKEN, f"http://127.0.0.1:{port}/api/", patience_seconds=3, sleep=workspace.waits)
    with pytest.raises(ChannelUnavailable, match="ConnectionRefusedError"):
        nobody.send(WHOLE, "alert-1", workspace.channel)
    with pytest.raises(ChannelUnavailable):
        nobody.find("alert-1", workspace.channel)
    assert sum(workspace.waits) <= 9


@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "missing_scope", "brand_new"],
)
def test_a_no_is_final_and_names_its_code(workspace: Workspace, code: str) -> None:
    workspace.refuse("chat.postMessage", code)
    with pytest.raises(ChannelRefused, match=code):
        workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == []


def test_a_channel_that_is_not_there_and_a_wrong_token_are_refused(workspace: Workspace) -> None:
    with pytest.raises(ChannelRefused, match="channel_not_found"):
        workspace.slack().send(WHOLE, "alert-1", "#no-such")
    with pytest.raises(ChannelRefused, match="SEKISHO_SLACK_TOKEN"):
        workspace.slack("xoxp-wrong").send(WHOLE, "alert-1", workspace.channel)


def test_slacks_own_passing_troubles_are_tried_again(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "fatal_error")
    workspace.refuse("chat.postMessage", "ratelimited")
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert len(workspace.messages()) == 1


# Pictures in Slack


def has_words_only(message: Mapping[str, Any], why: str) -> bool:
    return not images(message) and why in str(message["blocks"]) and "ctr 0.8 %" in str(message["blocks"])


def lose_a_scope(workspace: Workspace) -> None:
    workspace.refuse("files.getUploadURLExternal", "missing_scope")


def break_the_upload(workspace: Workspace) -> None:
    workspace.fail("upload", "500", times=99)


def lose_the_file(workspace: Workspace) -> None:
    workspace.refuse("files.completeUploadExternal", "file_not_found")


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(lose_a_scope, "missing_scope"), (break_the_upload, "unavailable"), (lose_the_file, "file_not_found")],
)
def test_the_words_go_out_where_pictures_can_not(
    workspace: Workspace, trouble: Callable[[Workspace], None], why: str
) -> None:
    trouble(workspace)
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert has_words_only(message, why)
    assert sum(workspace.waits) <= 30


def test_a_picture_that_can_not_be_drawn_is_said_and_the_other_comes(workspace: Workspace) -> None:
    empty = Chart("nothing", ())
    whole = Message("h", Severity.INFO, (empty, *WHOLE.parts))
    workspace.slack().send(whole, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert len(images(message)) == 2
    assert "could not be drawn (ValueError)" in str(message["blocks"])


def test_an_upload_is_tried_again(workspace: Workspace) -> None:
    workspace.fail("upload", "500")
    workspace.fail("files.completeUploadExternal", "429", retry_after=2)
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    assert len(images(workspace.messages()[0])) == 2
    assert workspace.waits == [2.0, 0.5] or workspace.waits == [0.5, 2.0]


NOT_READY = "[ERROR] invalid slack file [json-pointer:/blocks/3/slack_file]"


def test_a_file_that_is_not_ready_is_waited_for(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "invalid_blocks", NOT_READY, times=2)
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    assert workspace.waits == [0.5, 1.0]
    assert len(images(workspace.messages()[0])) == 2


def test_a_file_that_never_gets_ready_does_not_hold_the_words_back(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "invalid_blocks", NOT_READY, times=5)
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert has_words_only(message, "invalid_blocks")


def test_blocks_slack_does_not_like_are_sent_as_text(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "invalid_blocks", "[ERROR] something new [json-pointer:/blocks/0]")
    workspace.slack().send(WHOLE, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert message["blocks"] == []
    assert "https://dash.example.com/1" in message["text"]


def test_a_reply_whose_thread_is_gone_goes_to_the_channel(workspace: Workspace) -> None:
    slack = workspace.slack()
    sent = slack.send(WORDS, "alert-1", workspace.channel, "1700000000.000001", aloud=True)
    [message] = workspace.messages()
    assert message["thread_ts"] is None
    assert sent == Sent(message["channel"], message["ts"])


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
