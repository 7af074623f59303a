"""The stand-in Slack takes files in the three steps Slack asks for."""

import requests
from slack_sdk import WebClient

from tests.slack_stand_in import (
    Tags,
    error_of,
    inbox,
    page,
    png,
    upload,
)


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
