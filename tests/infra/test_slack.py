"""The stand-in Slack answers slack_sdk as Slack would, and shows people what arrived."""

import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from infra.local.emulators import python
from infra.local.processes import Processes, Program, answers_http, free_ports

type Block = dict[str, Any]


def slack_program(name: str, port: int, data: Path) -> Program:
    """The stand-in, run as the local cloud runs it."""
    command = python("infra.local.slack", "--port", str(port), "--data", str(data))
    return Program(name, command, answers_http(f"http://127.0.0.1:{port}/healthz"))


def client(url: str, **options: Any) -> WebClient:
    return WebClient(token="xoxb-local", base_url=f"{url}/api/", **options)


@pytest.fixture(scope="module")
def url(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> str:
    port = free_ports(1)[0]
    processes.start(slack_program("slack-tests", port, tmp_path_factory.mktemp("slack")))
    processes.wait_until_ready(["slack-tests"])
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def slack(url: str) -> Iterator[WebClient]:
    yield client(url)
    requests.delete(f"{url}/control/faults", timeout=10)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """A channel of the test's own."""
    name: str = request.node.name
    return f"test-{zlib.crc32(name.encode()):08x}"


def inbox(url: str, channel: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/api/inbox.json", params={"channel": channel}, timeout=10)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def page(url: str, channel: str) -> str:
    answer = requests.get(url, params={"channel": channel}, timeout=10)
    assert answer.status_code == 200
    return answer.text


def error_of(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        call()
    assert refused.value.response.status_code == 200
    answer: dict[str, Any] = refused.value.response.data
    return answer


def png(width: int = 40, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x12\x64\xa3" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def upload(slack: WebClient, name: str, content: bytes, **where: Any) -> dict[str, Any]:
    """The three steps of an upload, as Slack's documentation tells them."""
    told = slack.files_getUploadURLExternal(filename=name, length=len(content))
    assert requests.post(told["upload_url"], data=content, timeout=10).status_code == 200
    done = slack.files_completeUploadExternal(files=[{"id": told["file_id"], "title": name}], **where)
    file: dict[str, Any] = done["files"][0]
    return file


def section(text: str, **more: object) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, **more: object) -> Block:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, **more}


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


# What slack_sdk asks for


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


def test_an_upload_becomes_an_image_of_a_message(slack: WebClient, url: str, channel: str) -> None:
    file = upload(slack, "orders per day.png", png())
    image = {"type": "image", "slack_file": {"id": file["id"]}, "alt_text": "Orders, 60 days"}
    by_address = {"type": "image", "slack_file": {"url": file["permalink"]}, "alt_text": "the same"}
    slack.chat_postMessage(channel=channel, text="Orders", blocks=[image, by_address])
    shown = [tag for tag in Tags(page(url, channel)).named("img") if tag["alt"] == "Orders, 60 days"]
    served = requests.get(str(shown[0]["src"]), timeout=10)
    assert (served.content, served.headers["Content-Type"]) == (png(), "image/png")
    assert "attachment" not in served.headers.get("Content-Disposition", "")


def test_a_completed_upload_is_shared_in_a_thread(slack: WebClient, url: str, channel: str) -> None:
    root = slack.chat_postMessage(channel=channel, text="Orders are low")
    upload(
        slack,
        "a.png",
        png(),
        channel_id=root["channel"],
        thread_ts=root["ts"],
        initial_comment="the chart",
    )
    reply = inbox(url, channel)[1]
    assert (reply["thread_ts"], reply["text"], reply["files"][0]["name"]) == (
        root["ts"],
        "the chart",
        "a.png",
    )


def test_slack_sdks_own_upload_works(slack: WebClient, url: str, channel: str) -> None:
    slack.files_upload_v2(
        channel=channel,
        initial_comment="two files",
        file_uploads=[
            {"content": png(), "filename": "a.png", "title": "A chart"},
            {"content": "a,b\n1,2\n", "filename": "b.csv", "title": "Its numbers"},
        ],
    )
    [message] = inbox(url, channel)
    assert [file["title"] for file in message["files"]] == ["A chart", "Its numbers"]
    assert "A chart" in [tag.get("alt") for tag in Tags(page(url, channel)).named("img")]


def test_what_a_browser_could_run_is_downloaded_not_shown(slack: WebClient) -> None:
    for name in ("page.html", "drawing.svg"):
        file = upload(slack, name, b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
        served = requests.get(file["url_private"], timeout=10)
        assert served.headers["Content-Disposition"].startswith("attachment")
        assert served.headers["Content-Type"] == "application/octet-stream"


def test_bytes_of_another_length_or_address_are_not_taken(slack: WebClient) -> None:
    told = slack.files_getUploadURLExternal(filename="a.png", length=10)
    assert requests.post(told["upload_url"], data=b"short", timeout=10).status_code == 400
    assert requests.post(told["upload_url"] + "x", data=b"0123456789", timeout=10).status_code == 400
    completed = error_of(lambda: slack.files_completeUploadExternal(files=[{"id": told["file_id"]}]))
    assert completed["error"] == "file_not_found"


# What Slack refuses


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


def test_half_a_character_is_refused_and_breaks_no_page(slack: WebClient, url: str, channel: str) -> None:
    slack.chat_postMessage(channel=channel, text="whole 😀")
    refused = error_of(lambda: slack.chat_postMessage(channel=channel, text="half \ud83d"))
    assert refused["error"] == "invalid_json"
    assert "whole 😀" in page(url, channel)


def test_an_unknown_method_is_named(slack: WebClient) -> None:
    refused = error_of(lambda: slack.api_call("chat.shout"))
    assert (refused["error"], refused["req_method"]) == ("unknown_method", "chat.shout")


# Faults


def order(url: str, kind: str, **more: object) -> None:
    fault = {"endpoint": "chat.postMessage", "kind": kind, **more}
    assert requests.post(f"{url}/control/faults", json=fault, timeout=10).status_code == 201


def test_a_rate_limit_is_waited_out_by_slack_sdk(slack: WebClient, url: str, channel: str) -> None:
    order(url, "429", retry_after=0)
    patient = client(url, retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
    assert patient.chat_postMessage(channel=channel, text="late")["ok"]
    assert [message["text"] for message in inbox(url, channel)] == ["late"]


def test_a_rate_limit_says_when_to_come_back(slack: WebClient, url: str, channel: str) -> None:
    order(url, "429", retry_after=7)
    with pytest.raises(SlackApiError) as refused:
        slack.chat_postMessage(channel=channel, text="x")
    response = refused.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert response.headers["Retry-After"] == "7"


def test_a_server_error_is_over_after_its_times(slack: WebClient, url: str, channel: str) -> None:
    order(url, "500", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            slack.chat_postMessage(channel=channel, text="x")
        assert refused.value.response.status_code == 500
    assert slack.chat_postMessage(channel=channel, text="x")["ok"]


def test_a_slow_answer_runs_into_the_callers_timeout(slack: WebClient, url: str, channel: str) -> None:
    order(url, "timeout", seconds=3)
    with pytest.raises(TimeoutError):
        client(url, timeout=1, retry_handlers=[]).chat_postMessage(channel=channel, text="x")


def test_a_malformed_answer_comes_after_the_message_was_posted(
    slack: WebClient, url: str, channel: str
) -> None:
    order(url, "malformed")
    with pytest.raises((SlackApiError, ValueError)):
        slack.chat_postMessage(channel=channel, text="posted")
    assert [message["text"] for message in inbox(url, channel)] == ["posted"]


def test_ordered_faults_can_be_taken_back_and_wrong_ones_are_refused(
    slack: WebClient, url: str, channel: str
) -> None:
    order(url, "500", times=5)
    requests.delete(f"{url}/control/faults", timeout=10)
    assert slack.chat_postMessage(channel=channel, text="x")["ok"]
    wishes: list[object] = [
        {"endpoint": "chat.shout", "kind": "500"},
        {"endpoint": "auth.test", "kind": "fire"},
        [],
    ]
    for wrong in wishes:
        assert requests.post(f"{url}/control/faults", json=wrong, timeout=10).status_code == 400


# What a person sees


def test_the_inbox_shows_a_message_as_a_person_would_see_it(slack: WebClient, url: str, channel: str) -> None:
    root = slack.chat_postMessage(
        channel=channel,
        text="only a notification shows this",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": ":warning: Orders are low"}},
            section(
                "*412* orders, _560_ expected &amp; "
                "<https://example.com/a_b?x=1&y=2|the dashboard> ~gone~ `code`",
                accessory=button("Open", url="https://example.com/d"),
            ),
            {"type": "actions", "elements": [button("Data", action_id="data", style="primary")]},
        ],
    )
    slack.chat_postMessage(channel=root["channel"], thread_ts=root["ts"], text="repaired :white_check_mark:")
    html = page(url, channel)
    assert "<h3>⚠️ Orders are low</h3>" in html
    assert "<strong>412</strong> orders, <em>560</em> expected &amp; <a " in html
    assert "<del>gone</del> <code>code</code>" in html
    assert 'href="https://example.com/a_b?x=1&amp;y=2"' in html
    assert ">the dashboard</a>" in html
    assert "only a notification" not in html
    assert ">Data</button>" in html
    assert "1 reply" in html
    assert "repaired ✅" in html


MARKED = {
    "a bold link": ("*<https://e.com|x>*", "<strong><a "),
    "marks in marks": ("*_x_*", "<strong><em>x</em></strong>"),
    "marks inside words": ("a_b_c 2*3*4", "a_b_c 2*3*4"),
    "Japanese without spaces": ("これは*太字*です", "これは*太字*です"),
    "Japanese with spaces": ("これは *太字* です", "これは <strong>太字</strong> です"),
    "marks in code": ("`*x*`", "<code>*x*</code>"),
    "a block of code": ("a\n```\n*x*\n  y\n```\nb", "<pre><code>*x*\n  y</code></pre>b"),
    "quotes": ("> one\n&gt; *two*\nthree", "<blockquote>one\n<strong>two</strong></blockquote>three"),
    "people": (
        "<@U123|hana> <!here>",
        '<span class="mention">@hana</span> <span class="mention">@here</span>',
    ),
    "an address": ("see https://example.com/x.", ">https://example.com/x</a>."),
    "an unknown emoji": (":sekisho-gate: at 10:30:00", ":sekisho-gate: at 10:30:00"),
    "escapes": ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
}


@pytest.mark.parametrize("what", MARKED)
def test_markup_is_shown_the_way_slack_shows_it(slack: WebClient, url: str, channel: str, what: str) -> None:
    text, shown = MARKED[what]
    slack.chat_postMessage(channel=channel, text=text)
    assert shown in page(url, channel)


def test_nothing_in_a_message_becomes_a_script(slack: WebClient, url: str, channel: str) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> <javascript:alert(1)|here>"
    file = upload(slack, f"{evil}.png".replace("/", ""), png())
    slack.files_upload_v2(channel=channel, content=png(), filename="a.png", title=evil, initial_comment=evil)
    slack.chat_postMessage(
        channel=channel,
        text=evil,
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": evil}},
            section(evil, accessory=button("x", url="javascript:alert(1)", value=evil)),
            section(
                f'*{evil}* <https://e.com/"onmouseover=alert(1)|{evil}> `{evil}`\n```{evil}```\n> {evil}'
            ),
            {"type": "image", "slack_file": {"id": file["id"]}, "alt_text": evil},
            {"type": "actions", "elements": [button("x", action_id=evil)]},
        ],
    )
    slack.chat_postMessage(channel=channel, text="&lt;script&gt;alert(1)&lt;/script&gt; <//|&lt;script&gt;>")
    slack.chat_postMessage(channel=evil, text="a channel's name")
    for shown in (page(url, channel), page(url, evil)):
        tags = Tags(shown)
        assert not tags.named("script")
        assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
        assert not [a for a in tags.named("a") if str(a.get("href")).startswith("javascript:")]
        assert all(str(image["src"]).startswith(f"{url}/files/") for image in tags.named("img"))
    answer = requests.get(url, timeout=10)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_inbox_of_a_channel_nobody_knows_is_empty(url: str) -> None:
    assert "Nothing" in page(url, "#no-such")
    assert inbox(url, "#no-such") == []


def test_a_restart_forgets_nothing(processes: Processes, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    url, program = f"http://127.0.0.1:{port}", slack_program("slack-restarted", port, tmp_path / "slack")
    processes.start(program)
    processes.wait_until_ready([program.name])
    slack = client(url)
    before = slack.chat_postMessage(channel="kept", text="before")
    file = upload(slack, "a.png", png(), channel_id=before["channel"])
    processes.stop(program.name)
    processes.start(program)
    processes.wait_until_ready([program.name])
    after = slack.chat_postMessage(channel="kept", text="after", thread_ts=before["ts"])
    assert [message["text"] for message in inbox(url, "kept")] == ["before", "", "after"]
    assert after["ts"] > before["ts"]
    assert requests.get(file["url_private"], timeout=10).content == png()
    processes.stop(program.name)
