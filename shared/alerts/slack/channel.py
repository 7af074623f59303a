"""The Slack channel: messages as Block Kit with their charts, each sent once."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.alerts.block_kit import blocks, fallback, first_line
from shared.alerts.channel import Sent
from shared.alerts.message import Message
from shared.alerts.numbers import Language
from shared.alerts.phrases import channel as phrases
from shared.alerts.slack.answers import SlackRefused
from shared.alerts.slack.calls import Calls
from shared.alerts.slack.lookup import EVENT_TYPE, find_message
from shared.alerts.slack.patience import Patience
from shared.alerts.slack.uploads import upload_charts

SLACK = "https://slack.com/api/"
PATIENCE_SECONDS, CHART_SECONDS, CALL_SECONDS = 60.0, 25.0, 10
"""How long one message is tried, and how much of that its charts may take: the words are to go out."""
FILE_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Slack completes uploads in its own time: how long to wait for a file it does not know yet."""
CANT_LOOK = frozenset({"missing_scope", "not_in_channel", "channel_not_found", "thread_not_found"})
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})

_log = logging.getLogger("sekisho.alerts.slack")


class SlackChannel:
    """Sends alerts to Slack. Needs chat:write; files:write for charts; channels:history to look them up.

    A channel given by name (#kpi-alerts) can be looked into only with channels:read, by its id without.
    Neither the token nor what a message says is ever logged.
    """

    def __init__(
        self,
        token: str,
        base_url: str = SLACK,
        language: Language = "en",
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        call_seconds: int = CALL_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._calls = Calls(token, base_url, call_seconds)
        self._language: Language = language
        self._patience_seconds, self._sleep = patience_seconds, sleep

    def send(
        self, message: Message, alert_id: str, channel: str, thread: str = "", *, aloud: bool = False
    ) -> Sent:
        """Posts `message` with its charts; where those can't be drawn or uploaded, it says so instead.

        Where an answer gets lost, looks whether the message arrived before posting again. A reply whose
        thread somebody deleted goes to the channel. Raises ChannelUnavailable, also where nobody knows
        whether the message arrived, and ChannelRefused.
        """
        patience = Patience(self._patience_seconds, self._sleep)
        files, apology = upload_charts(
            self._calls, message, alert_id, patience.part(CHART_SECONDS), self._language
        )
        post: dict[str, Any] = {
            "channel": channel,
            "text": fallback(message),
            "blocks": blocks(message, files, self._language, apology),
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"alert_id": alert_id}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread:
            post |= {"thread_ts": thread, "reply_broadcast": aloud}
        waits = iter(FILE_WAITS if files else ())
        while True:
            try:
                return self._post(post, alert_id, patience)
            except SlackRefused as no:
                if no.is_about_a_file and (wait := next(waits, None)) is not None:
                    patience.wait(wait, str(no))
                elif no.is_about_a_file and files:
                    files, apology = {}, phrases.NOT_UPLOADED.say(self._language, why=no.code)
                    post["blocks"] = blocks(message, files, self._language, apology)
                elif no.code in BAD_BLOCKS and "blocks" in post:
                    facts = {"alert_id": alert_id, "error": str(no)}
                    _log.error("Slack refused blocks", extra={"facts": facts})
                    del post["blocks"]
                elif no.code == "msg_too_long" and post["text"] != first_line(message):
                    post["text"] = first_line(message)
                elif no.code in NO_THREAD and "thread_ts" in post:
                    del post["thread_ts"], post["reply_broadcast"]
                else:
                    raise

    def find(self, alert_id: str, channel: str, thread: str = "") -> Sent | None:
        """The message sent under `alert_id`, among the newest; None also where it can't be looked up.

        Raises ChannelUnavailable and ChannelRefused.
        """
        patience = Patience(self._patience_seconds, self._sleep)
        try:
            return find_message(self._calls, alert_id, channel, thread, patience)
        except SlackRefused as no:
            if no.code in CANT_LOOK:
                return None
            raise

    def _post(self, post: Mapping[str, Any], alert_id: str, patience: Patience) -> Sent:
        channel, thread = str(post["channel"]), str(post.get("thread_ts", ""))
        found: list[Sent] = []

        def has_arrived() -> bool:
            sent = find_message(self._calls, alert_id, channel, thread, patience)
            found.extend([sent] if sent else [])
            return bool(found)

        answer = self._calls.make(
            "chat.postMessage",
            lambda: self._calls.client.chat_postMessage(**post),
            patience,
            has_arrived,
        )
        return found[0] if found else Sent(str(answer["channel"]), thread or str(answer["ts"]))
