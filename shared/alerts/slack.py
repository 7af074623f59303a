"""Slack: messages as Block Kit with their charts. The only importer of slack_sdk."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from shared.alerts.block_kit import blocks, fallback
from shared.alerts.channel import ChannelRefused, ChannelUnavailable, Sent
from shared.alerts.charts import draw
from shared.alerts.message import Chart, Message
from shared.alerts.numbers import Language
from shared.alerts.phrases import say
from shared.alerts.slack_answers import (
    LINE_ERRORS,
    Patience,
    SlackRefused,
    trouble_with_answer,
    trouble_with_line,
    wait_before,
)

SLACK = "https://slack.com/api/"
PATIENCE_SECONDS, CHART_SECONDS, CALL_SECONDS = 60.0, 25.0, 10
"""How long one message is tried, and how much of that its charts may take: the words are to go out."""
FILE_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Slack completes uploads in its own time: how long to wait for a file it does not know yet."""
EVENT_TYPE = "sekisho_alert"
PAGE, MOST_PAGES = 200, 5
CANT_LOOK = frozenset({"missing_scope", "not_in_channel", "channel_not_found", "thread_not_found"})
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
NO_THREAD = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})

type Answer = Mapping[str, Any]

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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        quiet = logging.getLogger("sekisho.alerts.slack_sdk")
        quiet.setLevel(logging.CRITICAL + 1)  # it quotes requests and answers; what matters is raised here
        self._client = WebClient(
            token, base_url.rstrip("/") + "/", CALL_SECONDS, retry_handlers=[], logger=quiet
        )
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
        files, apology = self._upload_charts(message, alert_id, patience.part(CHART_SECONDS))
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
                    files, apology = {}, say("not_uploaded", self._language, why=no.code)
                    post["blocks"] = blocks(message, files, self._language, apology)
                elif no.code in BAD_BLOCKS and "blocks" in post:
                    _log.error(
                        "Slack refused blocks", extra={"facts": {"alert_id": alert_id, "error": str(no)}}
                    )
                    del post["blocks"]
                elif no.code in NO_THREAD and "thread_ts" in post:
                    del post["thread_ts"], post["reply_broadcast"]
                else:
                    raise

    def find(self, alert_id: str, channel: str, thread: str = "") -> Sent | None:
        """The message sent under `alert_id`, among the newest; None also where it can't be looked up.

        Raises ChannelUnavailable and ChannelRefused.
        """
        try:
            return self._look(alert_id, channel, thread, Patience(self._patience_seconds, self._sleep))
        except SlackRefused as no:
            if no.code in CANT_LOOK:
                return None
            raise

    def _post(self, post: Mapping[str, Any], alert_id: str, patience: Patience) -> Sent:
        channel, thread = str(post["channel"]), str(post.get("thread_ts", ""))
        found: list[Sent] = []

        def has_arrived() -> bool:
            sent = self._look(alert_id, channel, thread, patience)
            found.extend([sent] if sent else [])
            return bool(found)

        answer = self._call(
            "chat.postMessage", lambda: self._client.chat_postMessage(**post), patience, has_arrived
        )
        return found[0] if found else Sent(str(answer["channel"]), thread or str(answer["ts"]))

    def _look(self, alert_id: str, channel: str, thread: str, patience: Patience) -> Sent | None:
        room = self._id_of(channel, patience)
        for message in self._messages(room, thread, patience):
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("alert_id") == alert_id:
                return Sent(room, thread or str(message["ts"]))
        return None

    def _messages(self, room: str, thread: str, patience: Patience) -> Iterator[Answer]:
        if thread:
            what, method = "conversations.replies", self._client.conversations_replies
            place = {"channel": room, "ts": thread}
        else:
            what, method = "conversations.history", self._client.conversations_history
            place = {"channel": room}
        yield from self._pages(what, "messages", method, patience, **place, include_all_metadata=True)

    def _id_of(self, channel: str, patience: Patience) -> str:
        """The id of a channel: only posting takes names. SlackRefused where it can't be looked up."""
        if re.fullmatch(r"[CDG][A-Z0-9]{6,}", channel):
            return channel
        kinds, method = "public_channel,private_channel", self._client.conversations_list
        try:
            rooms = list(self._pages("conversations.list", "channels", method, patience, types=kinds))
        except SlackRefused:  # private ones need a scope of their own
            rooms = list(
                self._pages("conversations.list", "channels", method, patience, types="public_channel")
            )
        name = channel.removeprefix("#")
        room = next((each["id"] for each in rooms if each.get("name") == name), None)
        if room is None:
            raise SlackRefused("conversations.list", "channel_not_found")
        return str(room)

    def _pages(
        self, what: str, field: str, method: Callable[..., Any], patience: Patience, **said: object
    ) -> Iterator[Answer]:
        cursor = ""
        for _page in range(MOST_PAGES):
            at = cursor
            answer = self._call(what, lambda at=at: method(**said, limit=PAGE, cursor=at or None), patience)  # type: ignore[misc]
            yield from answer.get(field) or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _upload_charts(
        self, message: Message, alert_id: str, patience: Patience
    ) -> tuple[dict[int, str], str]:
        """The file per number of a chart's part, and why some are missing."""
        files: dict[int, str] = {}
        apology = ""
        for number, part in enumerate(message.parts):
            if not isinstance(part, Chart):
                continue
            try:
                picture = draw(part, self._language)
            except Exception as error:
                apology = say("not_drawn", self._language, why=type(error).__name__)
                _log.exception("chart not drawn", extra={"facts": {"alert_id": alert_id}})
                continue
            try:
                files[number] = self._upload(picture, part, patience)
            except (ChannelUnavailable, ChannelRefused) as error:
                why = error.code if isinstance(error, SlackRefused) else "unavailable"
                apology = say("not_uploaded", self._language, why=why)
                _log.warning(
                    "chart not uploaded", extra={"facts": {"alert_id": alert_id, "error": str(error)}}
                )
                break  # the next would only wait as long
        return files, apology

    def _upload(self, picture: bytes, chart: Chart, patience: Patience) -> str:
        """Uploads a picture for image blocks, shared nowhere by itself. Its file's id."""
        title = chart.lines[0].title if len(chart.lines) == 1 else chart.alt
        answer = self._call(
            "the upload of a chart",
            lambda: self._client.files_upload_v2(content=picture, filename="chart.png", title=title[:200]),
            patience,
        )
        return str(answer["files"][0]["id"])

    def _call(
        self,
        what: str,
        act: Callable[[], Any],
        patience: Patience,
        has_arrived: Callable[[], bool] | None = None,
    ) -> Answer:
        """What Slack answers, after as many attempts as there is patience for.

        `has_arrived` tells, of a call that must not be done twice, whether it was done though its answer is
        lost; an empty answer is given then.
        """
        for attempt in count():
            try:
                answer: Answer = act()
            except SlackApiError as error:
                said = error.response
                trouble = trouble_with_answer(what, said.status_code, said.headers, said.data)
            except (*LINE_ERRORS, SlackClientError) as error:
                trouble = trouble_with_line(what, error)
            else:
                return answer
            why = f"{what}: expected an answer of Slack, came {trouble.what}"
            wait = wait_before(attempt) if trouble.wait_seconds is None else trouble.wait_seconds
            patience.wait(wait, why)
            if has_arrived is not None and trouble.may_have_acted:
                try:
                    if has_arrived():
                        return {}
                except SlackRefused as no:
                    if not trouble.is_probably_not_done:
                        raise ChannelUnavailable(f"{why}; whether it arrived is unknown ({no.code})") from no
        raise AssertionError("unreachable: patience ends")
