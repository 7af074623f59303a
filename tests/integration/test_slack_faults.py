"""Whatever fails on the way to Slack: an alert is sent once, or later, or its refusal says what to do."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from infra.local.processes import Processes, free_ports
from shared.alerts.channel import ChannelRefused, ChannelUnavailable, Sent
from shared.alerts.message import Chart, Message, Severity
from shared.alerts.slack.channel import SlackChannel
from tests.slack_workspace import TOKEN, WHOLE, WORDS, Workspace, images, start_slack


@pytest.fixture(scope="module")
def slack_url(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_slack(processes, "slack-faults", tmp_path_factory.mktemp("slack-faults"))


@pytest.fixture
def workspace(slack_url: str, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    workspace = Workspace(slack_url, f"#alerts-{zlib.crc32(request.node.name.encode()):08x}")
    yield workspace
    workspace.forget()


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


def test_a_rate_limit_that_does_not_say_for_how_long_is_waited_out(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "ratelimited", status=429, times=4)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [1.0, 1.0, 2.0, 4.0]
    assert len(workspace.messages()) == 1


def test_a_rate_limit_of_no_time_at_all_is_not_hammered(workspace: Workspace) -> None:
    workspace.fail("chat.postMessage", "429", retry_after=0, times=3)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("retry_after", ["99999999", "9" * 90])
def test_a_rate_limit_of_years_is_left_to_the_next_run(workspace: Workspace, retry_after: str) -> None:
    workspace.fail("chat.postMessage", "429", retry_after=retry_after)
    with pytest.raises(ChannelUnavailable, match="429"):
        workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert workspace.waits == []


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


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "request_timeout", "service_unavailable"])
@pytest.mark.parametrize("status", [200, 503])
def test_a_trouble_said_of_a_message_that_arrived_is_not_believed(
    workspace: Workspace, code: str, status: int
) -> None:
    slack = workspace.slack()
    slack.send(WORDS, "alert-0", workspace.channel)
    workspace.refuse("chat.postMessage", code, status=status, after_acting=True)
    sent = slack.send(WORDS, "alert-1", workspace.channel)
    assert len(workspace.messages()) == 2
    assert slack.find("alert-1", workspace.channel) == sent


def test_a_message_taken_without_an_answer_in_time_is_given_time_and_not_sent_twice(
    workspace: Workspace,
) -> None:
    slack = workspace.slack(call_seconds=1)
    slack.send(WORDS, "alert-0", workspace.channel)
    workspace.refuse("chat.postMessage", "internal_error", after_acting=True, seconds=2.5)
    slack.send(WORDS, "alert-1", workspace.channel)
    assert len(workspace.messages()) == 2
    assert workspace.waits == [5.0]


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


TODO = {
    "channel_not_found": "check `channel` in the table's file",
    "not_in_channel": "/invite the bot",
    "is_archived": "name another one",
    "restricted_action": "ask the workspace's admins",
    "invalid_auth": "SEKISHO_SLACK_TOKEN",
    "not_authed": "SEKISHO_SLACK_TOKEN",
    "token_revoked": "SEKISHO_SLACK_TOKEN",
    "missing_scope": "give the app the scope",
    "brand_new": "look brand_new up",
}


@pytest.mark.parametrize("code", TODO)
def test_a_no_is_final_and_says_what_to_do(workspace: Workspace, code: str) -> None:
    workspace.refuse("chat.postMessage", code)
    with pytest.raises(ChannelRefused, match=code) as refused:
        workspace.slack().send(WORDS, "alert-1", workspace.channel)
    assert TODO[code] in str(refused.value)
    assert workspace.waits == []
    assert workspace.messages() == []


@pytest.mark.parametrize("code", ["msg_too_long", "msg_blocks_too_long", "invalid_blocks"])
def test_a_message_that_is_too_much_loses_its_form_before_its_words(workspace: Workspace, code: str) -> None:
    workspace.refuse("chat.postMessage", code)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert message["blocks"] == []
    assert "since 10 January" in message["text"]


def test_a_message_that_is_still_too_long_loses_its_words_before_its_headline(workspace: Workspace) -> None:
    workspace.refuse("chat.postMessage", "msg_too_long", times=2)
    workspace.slack().send(WORDS, "alert-1", workspace.channel)
    [message] = workspace.messages()
    assert message["text"] == "🚨 ctr 0.8 %, expected 1.9–2.4 %"
    workspace.refuse("chat.postMessage", "msg_too_long", times=3)
    with pytest.raises(ChannelRefused, match="report it"):
        workspace.slack().send(WORDS, "alert-2", workspace.channel)
    assert len(workspace.messages()) == 1


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
    """Whether all is told but by pictures: what happened, where to look instead, and why there are none."""
    said = str(message["blocks"])
    told = ("ctr 0.8 %", "https://dash.example.com/1|Dashboard", "The chart is missing", why)
    return not images(message) and all(each in said for each in told)


def lose_a_scope(workspace: Workspace) -> None:
    workspace.refuse("files.getUploadURLExternal", "missing_scope")


def break_the_upload(workspace: Workspace) -> None:
    workspace.fail("upload", "500", times=99)


def lose_the_file(workspace: Workspace) -> None:
    workspace.refuse("files.completeUploadExternal", "file_not_found")


def forbid_the_upload_for_long(workspace: Workspace) -> None:
    workspace.refuse("files.getUploadURLExternal", "ratelimited", status=429, headers={"Retry-After": "3600"})


def never_answer_the_upload(workspace: Workspace) -> None:
    workspace.fail("upload", "drop_after_acting", times=99)


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (lose_a_scope, "missing_scope"),
        (break_the_upload, "unavailable"),
        (lose_the_file, "file_not_found"),
        (forbid_the_upload_for_long, "unavailable"),
        (never_answer_the_upload, "unavailable"),
    ],
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
