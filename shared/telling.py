"""Telling: an alert goes out once, whoever tries and however often; what can't go out now goes out later."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.alerts.channel import AlertChannel, ChannelRefused, ChannelUnavailable
from shared.alerts.message import Message, from_json, to_json
from shared.gcp.alert_claims import AlertClaims, Claim
from shared.gcp.alert_table import AlertTable
from shared.kpi.incidents import Alert, AlertKind, AlertState


@dataclass(frozen=True)
class Desk:
    """What telling needs: where alerts go, where they are kept, who may send which, and the time."""

    channel: AlertChannel
    alerts: AlertTable
    claims: AlertClaims
    clock: Callable[[], datetime]
    log: logging.Logger


def tell(alert: Alert, message: Message, desk: Desk, *, aloud: bool = False) -> Alert:
    """Send `message` and record how far it got, before and after; the alert as it is now.

    An alert that was tried before may have arrived though nobody knows: it is looked for first. One that
    another instance is sending at this moment is left to it, as SENDING.
    """
    _record(alert, message, desk, AlertState.SENDING)  # before the claim: whoever dies now has left word
    claim = desk.claims.claim(alert.alert_id, desk.clock())
    if claim is Claim.TAKEN:
        return replace(alert, state=AlertState.SENDING)
    may_have_arrived = claim is Claim.STALE_MINE or alert.state is not AlertState.SENDING
    try:
        sent = desk.channel.find(alert.alert_id, alert.channel, alert.thread) if may_have_arrived else None
        if sent is None:
            sent = desk.channel.send(message, alert.alert_id, alert.channel, alert.thread, aloud=aloud)
    except ChannelUnavailable as error:
        return _not_sent(alert, message, desk, AlertState.UNSENT, error)
    except ChannelRefused as error:
        return _not_sent(alert, message, desk, AlertState.REFUSED, error)
    arrived = replace(alert, channel=sent.channel, thread=alert.thread or sent.thread)
    return _record(arrived, message, desk, AlertState.SENT)


def tell_late(table: str, since: date, desk: Desk) -> frozenset[str]:
    """Send the alerts of `table` that are not known to have arrived, the oldest first; their ids.

    Each in its own words, as they were kept, and into the thread its incident has by then. One that somebody
    else is sending at this moment is left alone.
    """
    tried = set()
    begun: dict[date, Alert] = {}
    for alert, words in desk.alerts.unsent(table, since):
        late = replace(alert, state=AlertState.UNSENT)  # whatever became of it: it is looked for first
        first = begun.get(alert.incident)
        if first and alert.is_reply and not alert.thread:
            late = replace(late, channel=first.channel, thread=first.thread)
        told = tell(late, from_json(words), desk, aloud=alert.kind is AlertKind.RECOVERED)
        if told.state is AlertState.SENT and not alert.is_reply:
            begun[alert.incident] = told
        tried.add(alert.alert_id)
    return frozenset(tried)


def _not_sent(alert: Alert, message: Message, desk: Desk, state: AlertState, error: Exception) -> Alert:
    told = _record(alert, message, desk, state, str(error))
    desk.claims.release(alert.alert_id)
    facts = {"alert_id": alert.alert_id, "table": alert.table, "state": state, "error": str(error)}
    desk.log.error("alert not sent", extra={"facts": facts})
    return told


def _record(alert: Alert, message: Message, desk: Desk, state: AlertState, detail: str = "") -> Alert:
    step = replace(alert, state=state, detail=detail[:1_000], recorded_at=desk.clock())
    desk.alerts.append(step, to_json(message))
    return step
