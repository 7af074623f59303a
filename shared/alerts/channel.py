"""Alert channels: where messages go. One file per channel; Slack and the console are there."""

from dataclasses import dataclass
from typing import Protocol

from shared.alerts.message import Message
from shared.errors import SekishoError


class ChannelUnavailable(SekishoError):
    """Send it at the next run: the channel did not take the message, or it is not known whether it did."""


class ChannelRefused(SekishoError):
    """Fix the setting: the channel will never take this (no such channel, no access, a bad token)."""


@dataclass(frozen=True)
class Sent:
    """Where a message is: the channel as it names itself, and what replies are threaded under."""

    channel: str
    thread: str


class AlertChannel(Protocol):
    """Something that takes messages."""

    def send(
        self, message: Message, alert_id: str, channel: str, thread: str = "", *, aloud: bool = False
    ) -> Sent:
        """Sends `message` to `channel`, into `thread` if given; `aloud` shows a reply to all as well.

        Raises ChannelUnavailable or ChannelRefused.
        """
        ...

    def find(self, alert_id: str, channel: str, thread: str = "") -> Sent | None:
        """The message sent under `alert_id`, None where it never arrived (or can't be looked up)."""
        ...
