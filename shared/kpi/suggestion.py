"""Suggestion: where to look first when a table's day is out of order, from the check's evidence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.kpi.arrival.findings import Finding
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Judgement, Status
from shared.kpi.series import WHOLE


class Branch(StrEnum):
    """What may be wrong, and with it what to do: repair the data, tune the model, review the setting."""

    DATA = "data"
    MODEL = "model"
    SETTING = "setting"


class Clue(StrEnum):
    """What in the check points to a branch."""

    CHECK_FAILED = "check_failed"
    NOT_ARRIVED = "not_arrived"
    SCHEMA = "schema"
    BROKEN_ROWS = "broken_rows"
    DELIVERIES_STOPPED = "deliveries_stopped"
    ALL_ZERO = "all_zero"
    ONE_ZERO = "one_zero"
    BOTS = "bots"
    EVENT = "event"
    NEW_LEVEL = "new_level"
    MANY_WEAK = "many_weak"
    ALL_TOGETHER = "all_together"
    ONE_SEGMENT = "one_segment"
    DRIFT = "drift"
    NONE = "none"


BRANCHES = {
    Clue.CHECK_FAILED: Branch.SETTING,
    Clue.EVENT: Branch.MODEL,
    Clue.NEW_LEVEL: Branch.SETTING,
    Clue.MANY_WEAK: Branch.SETTING,
}
"""Every other clue points to the data: it is looked at first, because a wrong number explains everything."""

LONG_DAYS = 7
"""An incident older than this is more likely a new level than a fault nobody mended."""
WEAK_SCORE = 1.25
MANY = 3
OUTCOMES = frozenset({"order", "revenue", "sale", "purchase", "conversion", "gmv", "transaction", "cv"})
TRAFFIC = frozenset({"impression", "imp", "click", "visit", "session", "view", "pv", "uu", "open", "request"})
DELIVERIES = frozenset({"delivery", "deliver", "delivered", "send", "sent", "mail", "push", "message"})
SCHEMA_KINDS = frozenset({"column_dropped", "column_retyped", "column_added"})


@dataclass(frozen=True)
class Suggestion:
    """The branch to try first, the clue that says so, and what it is about: KPIs, an event, a segment."""

    clue: Clue
    about: tuple[str, ...] = ()

    @property
    def branch(self) -> Branch:
        """Data, model or setting."""
        return BRANCHES.get(self.clue, Branch.DATA)


def suggest(check: TableCheck, *, day_number: int = 1, events: Sequence[str] = ()) -> Suggestion:
    """Where to look first. `events` are names of own events and public holidays on or next to the day.

    The strongest evidence wins: what did not arrive or broke, then what people and machines do to numbers
    (an outage, bots), then what the model could not know, then what an alert is worth.
    """
    if check.state is CheckState.FAILED:
        return Suggestion(Clue.CHECK_FAILED)
    if check.state is CheckState.MISSING:
        return Suggestion(Clue.NOT_ARRIVED)
    serious = [finding for finding in check.arrival.findings if finding.is_serious]
    if serious:
        schema = tuple(each.column for each in serious if each.kind.value in SCHEMA_KINDS)
        if schema:
            return Suggestion(Clue.SCHEMA, schema)
        is_partly = all(each.segments for each in serious)
        return Suggestion(Clue.ONE_SEGMENT, _columns(serious)) if is_partly else Suggestion(Clue.BROKEN_ROWS)
    return (
        _zeros(check)
        or _bots(check)
        or (Suggestion(Clue.EVENT, tuple(events)) if events and check.alarming else None)
        or (Suggestion(Clue.NEW_LEVEL) if day_number > LONG_DAYS else None)
        or _many_weak(check)
        or _together(check)
        or _one_segment(check)
        or _drift(check)
        or Suggestion(Clue.NONE)
    )


def _columns(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.column for each in findings))


def _zeros(check: TableCheck) -> Suggestion | None:
    """Nothing comes any more: of anything (in the whole table or in a segment), or of one KPI alone."""
    alone: list[str] = []
    for segment in dict.fromkeys(each.segment for each in check.alarming):
        counted = [each for each in check.judgements if each.segment == segment and _is_counted(each)]
        fallen = [each for each in counted if each.value == 0 and each.status is Status.ANOMALY]
        if fallen and all(each.value == 0 for each in counted):
            sends = any(_words(each.kpi) & DELIVERIES for each in fallen)
            about = (segment,) if segment else ()
            return Suggestion(Clue.DELIVERIES_STOPPED if sends else Clue.ALL_ZERO, about)
        alone += [each.name for each in fallen]
    return Suggestion(Clue.ONE_ZERO, tuple(alone)) if alone else None


def _bots(check: TableCheck) -> Suggestion | None:
    """More traffic, and not more of what people do with it."""
    up = [each for each in check.alarming if each.direction == "up" and each.status is Status.ANOMALY]
    for segment in dict.fromkeys(each.segment for each in up):
        traffic = [each.kpi for each in up if each.segment == segment and _words(each.kpi) & TRAFFIC]
        outcomes = [each for each in check.judgements if each.segment == segment and _is_outcome(each)]
        judged = [each for each in outcomes if each.status in (Status.NORMAL, Status.ANOMALY, Status.DRIFT)]
        if traffic and judged and not any(_is_up(each) for each in judged):
            return Suggestion(Clue.BOTS, tuple(traffic))
    return None


def _many_weak(check: TableCheck) -> Suggestion | None:
    """Several KPIs, each hardly outside: the limits are rather too narrow than all of them wrong."""
    alarming = check.alarming
    is_weak = len(alarming) >= MANY and all(each.score < WEAK_SCORE for each in alarming)
    return Suggestion(Clue.MANY_WEAK) if is_weak else None


def _together(check: TableCheck) -> Suggestion | None:
    """All that is counted went the same way at once: rows were lost or came twice."""
    counted = [each for each in check.judgements if each.segment == WHOLE and _is_counted(each)]
    directions = {each.direction for each in counted}
    if len(counted) >= MANY and all(each.status.is_alarming for each in counted) and len(directions) == 1:
        return Suggestion(Clue.ALL_TOGETHER, tuple(directions))
    return None


def _one_segment(check: TableCheck) -> Suggestion | None:
    """One of several, whether or not it is large enough to take the whole table with it."""
    segments = {each.segment for each in check.alarming} - {WHOLE}
    all_segments = {each.segment for each in check.judgements} - {WHOLE}
    if len(segments) == 1 and len(all_segments) > 1:
        return Suggestion(Clue.ONE_SEGMENT, tuple(segments))
    return None


def _drift(check: TableCheck) -> Suggestion | None:
    alarming = check.alarming
    if alarming and all(each.status is Status.DRIFT for each in alarming):
        return Suggestion(Clue.DRIFT, tuple(dict.fromkeys(each.kpi for each in alarming)))
    return None


def _is_up(judgement: Judgement) -> bool:
    return judgement.status.is_alarming and judgement.direction == "up"


def _is_counted(judgement: Judgement) -> bool:
    """Whether it is a count or a sum with a value: ratios have none where everything is 0."""
    is_additive = judgement.volume is None and (judgement.series is None or judgement.series.is_additive)
    return is_additive and judgement.value is not None


def _is_outcome(judgement: Judgement) -> bool:
    return judgement.volume is None and bool(_words(judgement.kpi) & OUTCOMES)


def _words(kpi: str) -> set[str]:
    """The words of a column's name, without the plural's s: `itemClicks_total` has item, click and total."""
    spread = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kpi).lower()
    words = [word for word in re.split(r"[^a-z0-9]+", spread) if word]
    return {f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in words}
