"""Uploads: a message's charts drawn and sent, or why they are missing; the words never wait for them long."""

import logging

from shared.alerts.channel import ChannelRefused, ChannelUnavailable
from shared.alerts.charts.drawing import draw
from shared.alerts.message import Chart, Message
from shared.alerts.numbers import Language
from shared.alerts.phrases import channel as phrases
from shared.alerts.slack.answers import SlackRefused
from shared.alerts.slack.calls import Calls
from shared.alerts.slack.patience import Patience

LONGEST_TITLE = 200

_log = logging.getLogger("sekisho.alerts.slack")


def upload_charts(
    calls: Calls, message: Message, alert_id: str, patience: Patience, language: Language
) -> tuple[dict[int, str], str]:
    """Slack's file per number of a chart's part, and why some are missing."""
    files: dict[int, str] = {}
    apology = ""
    for number, part in enumerate(message.parts):
        if not isinstance(part, Chart):
            continue
        try:
            picture = draw(part, language)
        except Exception as error:
            apology = phrases.NOT_DRAWN.say(language, why=type(error).__name__)
            _log.exception("chart not drawn", extra={"facts": {"alert_id": alert_id}})
            continue
        try:
            files[number] = _upload(calls, picture, part, patience)
        except (ChannelUnavailable, ChannelRefused) as error:
            why = error.code if isinstance(error, SlackRefused) else "unavailable"
            apology = phrases.NOT_UPLOADED.say(language, why=why)
            _log.warning("chart not uploaded", extra={"facts": {"alert_id": alert_id, "error": str(error)}})
            break  # the next would only wait as long
    return files, apology


def _upload(calls: Calls, picture: bytes, chart: Chart, patience: Patience) -> str:
    """Uploads a picture for image blocks, shared nowhere by itself. Its file's id."""
    title = chart.lines[0].title if len(chart.lines) == 1 else chart.alt
    answer = calls.make(
        "the upload of a chart",
        lambda: calls.client.files_upload_v2(
            content=picture, filename="chart.png", title=title[:LONGEST_TITLE]
        ),
        patience,
    )
    return str(answer["files"][0]["id"])
