"""Channels: the one alerts go to, as the settings say. Each loads its own library only where it is used."""

import sys

from shared.alerts.channel import AlertChannel
from shared.settings import Alerts


def alert_channel(alerts: Alerts) -> AlertChannel:
    """Slack, or the console as long as SEKISHO_ALERTS does not say slack: nobody is told by accident."""
    if alerts.to_slack:
        from shared.alerts.slack.channel import SlackChannel  # noqa: PLC0415

        return SlackChannel(alerts.token, alerts.api_url, alerts.language)
    from shared.alerts.console import ConsoleChannel  # noqa: PLC0415

    return ConsoleChannel(sys.stdout, alerts.language)
