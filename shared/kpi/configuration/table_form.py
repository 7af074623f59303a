"""The form of a KPI table's file: its fields, their defaults, and what editors show of them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from shared.kpi.configuration.table_fields import (
    Channel,
    Clock,
    Column,
    Dashboard,
    EventName,
    Formula,
    NoEvents,
    OneDirection,
    Owner,
    TableName,
    Zone,
)
from shared.kpi.tables import Average, Direction, Ratio

COLUMNS = "a list of columns such as [clicks, orders]"


def _kind(value: Any) -> str | None:
    kinds = {str: "<text>", list: "<list>", dict: "<mapping>"}
    return next((tag for kind, tag in kinds.items() if isinstance(value, kind)), None)


def left_out(title: str, description: str | None = None, **limits: Any) -> Any:
    """A field that may be left out: then it is None, which the file can't say. A bare `segments:` is told."""
    return Field(None, title=title, description=description, **limits)


class KpiChoice(BaseModel):
    """Which columns are KPIs, and by name the KPIs that are made of columns."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Formula]

    include: list[Column] = left_out(COLUMNS, "The columns that are KPIs; default: every numeric one.")
    exclude: list[Column] = left_out(COLUMNS, "Columns that are no KPIs.", min_length=1)

    @property
    def derived(self) -> dict[str, Ratio | Average]:
        """KPIs made of columns, by name."""
        return dict(self.__pydantic_extra__)


type Kpis = Annotated[
    Annotated[list[Column], Field(min_length=1), Tag("<list>")] | Annotated[KpiChoice, Tag("<mapping>")],
    Discriminator(_kind),
]
type Directions = Annotated[
    Annotated[OneDirection, Tag("<text>")]
    | Annotated[dict[Column, OneDirection], Field(min_length=1), Tag("<mapping>")],
    Discriminator(_kind),
]
type Events = Annotated[
    Annotated[NoEvents, Tag("<text>")] | Annotated[list[EventName], Field(min_length=1), Tag("<list>")],
    Discriminator(_kind),
]


class TableFile(BaseModel):
    """One watched table. Only `table` must be said."""

    model_config = ConfigDict(strict=True, extra="forbid")

    table: TableName = Field(
        title="dataset.table or project.dataset.table", description="The table or view that is watched."
    )
    date: Column = left_out(
        "a column's name such as day",
        "The column that says a row's day; default: the partition column, else the only DATE column.",
    )
    kpis: Kpis = left_out(
        "a list of columns, or a mapping of include, exclude and formulas such as ctr: clicks / impressions",
        "What is watched; default: every numeric column that is no id, segment or key.",
    )
    segments: list[Column] = left_out(
        "a list of 1 to 3 columns such as [mall, gender]",
        "Columns whose combinations of values are watched besides the whole.",
        min_length=1,
        max_length=3,
    )
    key: list[Column] = left_out(
        "a list of columns such as [day, item_id]",
        "Columns that tell rows apart; default: the day, the segments and all columns of text.",
        min_length=1,
    )
    arrives_by: Clock = Field(
        "09:00",
        title="a time of day from 00:00 to 23:59",
        description="When a day's rows must be there, in `time_zone`.",
        validate_default=True,
    )
    arrives_after_days: int = Field(
        1,
        title="a whole number of days from 0 to 7",
        description="How many days later that is.",
        ge=0,
        le=7,
    )
    time_zone: Zone = Field(
        "Asia/Tokyo",
        title="a time zone such as Asia/Tokyo",
        description="Whose days and hours these are.",
        validate_default=True,
    )
    direction: Directions = Field(
        "both",
        title="both, up or down, or a mapping such as cost: up",
        description="Which way out of its band a KPI is worth an alert.",
        validate_default=True,
    )
    dashboard: Dashboard = left_out("a link", "Where people look further.")
    channel: Channel = left_out("a channel", "The Slack channel that is told.")
    owner: Owner = left_out("an owner", "Who is called.")
    events: Events = left_out(
        "none, or a list of events such as [winter sale]",
        "The events of infra/calendar.yaml that move these KPIs; default: all of them.",
    )
    sensitivity: float = Field(
        6,
        title="a number from 0.1 to 52",
        description="How many false alarms a year are expected of each KPI.",
        ge=0.1,
        le=52,
        allow_inf_nan=False,
    )
    history_days: int = Field(
        1095,
        title="a whole number of days from 56 to 3660",
        description="How far back a KPI's history is read.",
        ge=56,
        le=3660,
    )

    @property
    def include(self) -> list[str] | None:
        """The columns that are KPIs; None: every numeric one."""
        return self.kpis.include if isinstance(self.kpis, KpiChoice) else self.kpis

    @property
    def exclude(self) -> list[str]:
        """The columns that are none."""
        return (self.kpis.exclude if isinstance(self.kpis, KpiChoice) else None) or []

    @property
    def derived(self) -> dict[str, Ratio | Average]:
        """KPIs made of columns, by name."""
        return self.kpis.derived if isinstance(self.kpis, KpiChoice) else {}

    @property
    def directions(self) -> dict[str, Direction]:
        """By KPI, where the file tells them apart."""
        return self.direction if isinstance(self.direction, dict) else {}
