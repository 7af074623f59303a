"""The stand-in Slack takes messages as Slack would, and refuses what Slack refuses."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from slack_sdk import WebClient

from infra.local.processes import Processes, free_ports
from tests.slack_stand_in import (
    client,
    error_of,
    inbox,
    page,
    png,
    program,
    section,
    upload,
)


def test_a_bot_token_is_recognised(slack: WebClient) -> None:
    assert slack.auth_test()["bot_id"]


@pytest.mark.parametrize(
    ("token", "error"), [(None, "not_authed"), ("", "not_authed"), ("xoxp-other", "invalid_auth")]
)
def test_no_token_or_a_wrong_one_is_refused(url: str, token: str | None, error: str) -> None:
    stranger = WebClient(token=token, base_url=f"{url}/api/")
    assert error_of(stranger.auth_test)["error"] == error
    assert error_of(lambda: stranger.chat_postMessage(channel="x", text="x"))["error"] == error


def test_a_posted_message_arrives_with_its_blocks_and_metadata(
    slack: WebClient, url: str, channel: str
) -> None:
    blocks = [section("*Orders* are low")]
    metadata = {"event_type": "alert", "event_payload": {"table": "item_slot"}}
    told = slack.chat_postMessage(
        channel=f"#{channel}", text="Orders are low", blocks=blocks, metadata=metadata
    )
    [message] = inbox(url, channel)
    assert message["ts"] == told["ts"] == told["message"]["ts"]
    assert (message["text"], message["blocks"], message["metadata"]) == ("Orders are low", blocks, metadata)
    assert (message["channel"], message["channel_name"]) == (told["channel"], channel)
    assert {"id": told["channel"], "name": channel} in [
        {"id": each["id"], "name": each["name"]} for each in slack.conversations_list()["channels"]
    ]


def test_forms_are_understood_like_json(url: str, channel: str) -> None:
    form = {"token": "xoxb-1", "channel": channel, "text": "x", "blocks": '[{"type": "divider"}]'}
    assert requests.post(f"{url}/api/chat.postMessage", data=form, timeout=10).json()["ok"] is True
    assert inbox(url, channel)[0]["blocks"] == [{"type": "divider"}]


def test_an_answer_joins_the_thread_even_if_it_answers_an_answer(
    slack: WebClient, url: str, channel: str
) -> None:
    root = slack.chat_postMessage(channel=channel, text="root")
    first = slack.chat_postMessage(channel=root["channel"], thread_ts=root["ts"], text="first")
    slack.chat_postMessage(
        channel=root["channel"], thread_ts=first["ts"], text="second", reply_broadcast=True
    )
    threads = {message["text"]: message["thread_ts"] for message in inbox(url, channel)}
    assert threads == {"root": None, "first": root["ts"], "second": root["ts"]}


def test_an_update_replaces_what_it_names_and_marks_the_message_edited(
    slack: WebClient, url: str, channel: str
) -> None:
    blocks = [section("before")]
    posted = slack.chat_postMessage(channel=channel, text="before", blocks=blocks)
    slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="between")
    assert inbox(url, channel)[0]["blocks"] == blocks  # as Slack: blocks stay until others come
    slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="after", blocks=[])
    [message] = inbox(url, channel)
    assert (message["text"], message["blocks"], message["edited"]) == ("after", [], True)
    assert "(edited)" in page(url, channel)


def test_concurrent_posts_get_distinct_and_growing_timestamps(
    slack: WebClient, url: str, channel: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: slack.chat_postMessage(channel=channel, text=str(n))["ts"], range(40)))
    assert len(set(told)) == 40
    kept = [message["ts"] for message in inbox(url, channel)]
    assert kept == sorted(told)


@pytest.mark.parametrize("channel_name", ["", "#", "#no-such", "C0NONE12345"])
def test_a_channel_that_is_not_there_is_refused(slack: WebClient, channel_name: str) -> None:
    assert error_of(lambda: slack.chat_postMessage(channel=channel_name, text="x"))["error"] == (
        "channel_not_found"
    )


def test_messages_and_threads_that_are_not_there_are_refused(slack: WebClient, channel: str) -> None:
    def reply(ts: str) -> object:
        return slack.chat_postMessage(channel=channel, text="x", thread_ts=ts)

    posted = slack.chat_postMessage(channel=f"{channel}-other", text="elsewhere")
    for ts in ("1700000000.000001", "yesterday", posted["ts"]):
        assert error_of(lambda ts=ts: reply(ts))["error"] == "thread_not_found"  # type: ignore[misc]
        wrong = error_of(lambda ts=ts: slack.chat_update(channel=channel, ts=ts, text="x"))  # type: ignore[misc]
        assert wrong["error"] == "message_not_found"


@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
def test_empty_and_too_long_messages_are_refused(slack: WebClient, url: str, channel: str) -> None:
    assert error_of(lambda: slack.chat_postMessage(channel=channel, text=" "))["error"] == "no_text"
    too_long = error_of(lambda: slack.chat_postMessage(channel=channel, text="x" * 40_001))
    assert too_long["error"] == "msg_too_long"
    posted = slack.chat_postMessage(channel=channel, text="x" * 40_000)
    edited = error_of(lambda: slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4001))
    assert edited["error"] == "msg_too_long"
    assert len(inbox(url, channel)) == 1


def test_half_a_character_is_refused_and_breaks_no_page(slack: WebClient, url: str, channel: str) -> None:
    slack.chat_postMessage(channel=channel, text="whole 😀")
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="half \ud83d"))
    assert refused["error"] == "invalid_json"
    assert "whole 😀" in page(url, channel)


def test_an_unknown_method_is_named(slack: WebClient) -> None:
    refused = error_of(lambda: slack.api_call("chat.shout"))
    assert (refused["error"], refused["req_method"]) == ("unknown_method", "chat.shout")


def test_a_restart_forgets_nothing(processes: Processes, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    url, stand_in = f"http://127.0.0.1:{port}", program("slack-restarted", port, tmp_path / "slack")
    processes.start(stand_in)
    processes.wait_until_ready([stand_in.name])
    slack = client(url)
    before = slack.chat_postMessage(channel="kept", text="before")
    file = upload(slack, "a.png", png(), channel_id=before["channel"])
    processes.stop(stand_in.name)
    processes.start(stand_in)
    processes.wait_until_ready([stand_in.name])
    after = slack.chat_postMessage(channel="kept", text="after", thread_ts=before["ts"])
    assert [message["text"] for message in inbox(url, "kept")] == ["before", "", "after"]
    assert after["ts"] > before["ts"]
    assert requests.get(file["url_private"], timeout=10).content == png()
    processes.stop(stand_in.name)
