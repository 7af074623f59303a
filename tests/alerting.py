"""Judged days to say something about: made, not recorded, so that a test says what is wrong with them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from shared.alerts.message import Chart, Message, Text
from shared.alerts.numbers import Language
from shared.alerts.table_alert import IncidentView, alert_message
from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.incidents import AlertKind
from shared.kpi.judgement import Band, Judgement, Status
from shared.kpi.series import Series
from shared.kpi.tables import KpiTable

DAY = date(2026, 1, 16)
NOW = datetime(2026, 1, 17, 1, tzinfo=UTC)
RAISED = IncidentView(AlertKind.RAISED, DAY)
TABLE = KpiTable(
    "proj.recsys.item_slot_daily",
    where="infra/kpi_tables/item_slot.yaml",
    dashboard="https://dash.example.com/d/1?a=1&b=2",
    owner="U0HANA1234",
    channel="#kpi-alerts",
)


def judged(
    kpi: str,
    value: float,
    usual: float,
    status: Status = Status.ANOMALY,
    *,
    segment: str = "",
    is_share: bool = False,
    score: float = 1.6,
    since: date | None = None,
    past: Sequence[float] = (),
) -> Judgement:
    """A KPI that was `usual` for 400 days, the last but one as `past` says, and is `value` on the day."""
    days = tuple(DAY - timedelta(days=back) for back in range(399, -1, -1))
    values = np.full(len(days), float(usual))
    values[len(days) - 1 - len(past) : -1] = past
    values[-1] = value
    expected = np.full(90, float(usual))
    return Judgement(
        kpi,
        segment,
        DAY,
        status,
        value=value,
        volume=1e5 if is_share else None,
        expected=usual,
        lower=usual * 0.9,
        upper=usual * 1.1,
        score=score,
        direction="down" if value < usual else "up",
        since=since,
        detector="prophet",
        series=Series(
            kpi,
            segment,
            days,
            values,
            np.full(len(days), 1e5) if is_share else None,
            is_additive=not is_share,
        ),
        band=Band(days[-90:], expected, expected * 0.9, expected * 1.1),
    )


def normal(kpi: str, value: float = 100.0, *, segment: str = "", is_share: bool = False) -> Judgement:
    """A KPI as it should be."""
    return judged(kpi, value, value, Status.NORMAL, segment=segment, is_share=is_share, score=0.1)


def checked(
    *judgements: Judgement,
    state: CheckState = CheckState.CHECKED,
    arrival: Arrival = Arrival(ArrivalState.ARRIVED),  # noqa: B008 - frozen
    error: str = "",
) -> TableCheck:
    """The check of the day."""
    return TableCheck(TABLE.table, DAY, state, NOW, arrival, judgements, error=error)


CTR = judged("ctr", 0.008, 0.0215, is_share=True, score=3.0)


def told(
    check: TableCheck, incident: IncidentView = RAISED, language: Language = "en", **more: object
) -> Message:
    """What is said of a check of the table."""
    return alert_message(check, TABLE, incident, language, **more)  # type: ignore[arg-type]


def words(message: Message) -> list[str]:
    """Its paragraphs."""
    return [part.text for part in message.parts if isinstance(part, Text)]


def charts(message: Message) -> list[Chart]:
    """Its charts."""
    return [part for part in message.parts if isinstance(part, Chart)]


def broken(*findings: Finding) -> Arrival:
    """What arrived, and was not as it should be."""
    return Arrival(ArrivalState.BROKEN, findings)
