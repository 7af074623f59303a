"""The stand-in Slack shows people what arrived, and obeys nothing in it."""

import pytest
import requests
from slack_sdk import WebClient

from tests.slack_stand_in import (
    Tags,
    button,
    inbox,
    page,
    png,
    section,
    upload,
)


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
