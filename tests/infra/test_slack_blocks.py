"""The stand-in Slack takes the blocks Slack takes, and says of others what is wrong where."""

import pytest
from slack_sdk import WebClient

from tests.slack_stand_in import (
    Block,
    button,
    error_of,
    page,
    section,
)


def text_of(length: int, kind: str = "mrkdwn") -> Block:
    return {"type": kind, "text": "あ" * length}


AT_THE_LIMIT: dict[str, list[Block]] = {
    "blocks": [{"type": "divider"}] * 50,
    "section": [section("あ" * 3000)],
    "fields": [{"type": "section", "fields": [text_of(1000)] * 10}],
    "field": [{"type": "section", "fields": [text_of(2000)]}],
    "header": [{"type": "header", "text": text_of(150, "plain_text")}],
    "context": [{"type": "context", "elements": [text_of(1)] * 10}],
    "actions": [{"type": "actions", "elements": [button(str(n), action_id=str(n)) for n in range(25)]}],
    "button": [{"type": "actions", "elements": [button("x" * 75)]}],
    "image": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}],
    "accessory": [section("x", accessory=button("Open", url="https://example.com"))],
    "all together": [section("x" * 3000)] * 4,
}


@pytest.mark.parametrize("what", AT_THE_LIMIT)
def test_blocks_at_the_limit_are_taken_and_shown(slack: WebClient, url: str, channel: str, what: str) -> None:
    assert slack.chat_postMessage(channel=channel, text="x", blocks=AT_THE_LIMIT[what])["ok"]
    assert 'class="message"' in page(url, channel)


BEYOND: dict[str, tuple[list[Block], str]] = {
    "blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "section": (
        [section("あ" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty": ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "nothing": ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
    "fields": (
        [{"type": "section", "fields": [text_of(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field": (
        [{"type": "section", "fields": [text_of(1), text_of(2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]",
    ),
    "header": (
        [{"type": "header", "text": text_of(151, "plain_text")}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "header's text": (
        [{"type": "header", "text": text_of(1)}],
        "must be one of: plain_text [json-pointer:/blocks/0/text/type]",
    ),
    "context": (
        [{"type": "context", "elements": [text_of(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "actions": (
        [{"type": "actions", "elements": [button(str(n)) for n in range(26)]}],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "button": (
        [{"type": "actions", "elements": [button("x" * 76)]}],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "alt text": (
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "picture": (
        [{"type": "image", "alt_text": "a"}],
        "must have exactly one of: image_url, slack_file [json-pointer:/blocks/0]",
    ),
    "file": (
        [{"type": "image", "alt_text": "a", "slack_file": {"id": "F0NONE"}}],
        "invalid slack file [json-pointer:/blocks/0/slack_file]",
    ),
    "kind": (
        [{"type": "divider"}, {"type": "video"}],
        "unsupported type: video [json-pointer:/blocks/1/type]",
    ),
    "block ids": (
        [{"type": "divider", "block_id": "a"}] * 2,
        "`block_id` a already exists [json-pointer:/blocks/1/block_id]",
    ),
}


@pytest.mark.parametrize("what", BEYOND)
def test_blocks_slack_would_refuse_are_refused_with_where(slack: WebClient, channel: str, what: str) -> None:
    blocks, message = BEYOND[what]
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"]["messages"] == [f"[ERROR] {message}"]


def test_more_text_than_all_blocks_together_may_hold_is_refused(slack: WebClient, channel: str) -> None:
    blocks = [section("x" * 3000)] * 5
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert refused["error"] == "msg_blocks_too_long"


@pytest.mark.parametrize("blocks", ["[", "{}", '"x"', "[1]"])
def test_blocks_that_are_no_list_of_objects_are_refused(slack: WebClient, channel: str, blocks: str) -> None:
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert refused["error"] == "invalid_blocks_format"
