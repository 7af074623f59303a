"""Lookup: whether a message sent under an alert's id stands in a channel or thread."""

import re
from collections.abc import Iterator

from shared.alerts.channel import Sent
from shared.alerts.slack.answers import SlackRefused
from shared.alerts.slack.calls import Answer, Calls
from shared.alerts.slack.patience import Patience

EVENT_TYPE = "sekisho_alert"
"""What messages carry as metadata, with their alert's id."""


def find_message(calls: Calls, alert_id: str, channel: str, thread: str, patience: Patience) -> Sent | None:
    """The message sent under `alert_id`, among the newest. SlackRefused where it can't be looked up."""
    room = _id_of(calls, channel, patience)
    for message in _messages(calls, room, thread, patience):
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT_TYPE and payload.get("alert_id") == alert_id:
            return Sent(room, thread or str(message["ts"]))
    return None


def _messages(calls: Calls, room: str, thread: str, patience: Patience) -> Iterator[Answer]:
    if thread:
        what, method = "conversations.replies", calls.client.conversations_replies
        place = {"channel": room, "ts": thread}
    else:
        what, method = "conversations.history", calls.client.conversations_history
        place = {"channel": room}
    yield from calls.pages(what, "messages", method, patience, **place, include_all_metadata=True)


def _id_of(calls: Calls, channel: str, patience: Patience) -> str:
    """The id of a channel: only posting takes names. SlackRefused where it can't be looked up."""
    if re.fullmatch(r"[CDG][A-Z0-9]{6,}", channel):
        return channel
    method, name = calls.client.conversations_list, channel.removeprefix("#")

    def rooms(kinds: str) -> list[Answer]:
        return list(calls.pages("conversations.list", "channels", method, patience, types=kinds))

    try:
        found = rooms("public_channel,private_channel")
    except SlackRefused:  # private ones need a scope of their own
        found = rooms("public_channel")
    room = next((each["id"] for each in found if each.get("name") == name), None)
    if room is None:
        raise SlackRefused("conversations.list", "channel_not_found")
    return str(room)
