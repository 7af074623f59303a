"""sekisho check-config: is the configuration of the KPI tables right, and does it fit the tables?"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.judge import printable
from shared.errors import ConfigError, TableMissing

if TYPE_CHECKING:
    from shared.gcp.clients import BigQuery, Storage
    from shared.kpi.calendar import Calendar
    from shared.kpi.tables import KpiTable, Watched

INFRA = Path(__file__).resolve().parents[1]
SCHEMA = INFRA / "kpi_tables.schema.json"
MOST_NAMED = 12
"""KPIs a line names; the rest is counted."""


def check_config(
    where: Annotated[
        list[str] | None,
        typer.Argument(
            help="KPI tables: folders, gs://bucket/prefix, files", show_default="infra/kpi_tables"
        ),
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(help="the calendar's file", show_default="infra/calendar.yaml")
    ] = None,
    against_tables: Annotated[
        bool, typer.Option("--against-tables", help="hold it against the real tables, too")
    ] = False,
    write_schema: Annotated[
        bool, typer.Option("--write-schema", help="first write infra/kpi_tables.schema.json, for editors")
    ] = False,
) -> None:
    """Check the KPI tables' files and the calendar, and say what will be watched. Offline, unless asked.

    Every problem is told with its file, line and field; the exit code is 1 if there is any.
    """
    if write_schema:
        SCHEMA.write_text(schema_text(), encoding="utf-8")
        print(f"wrote {_shown(SCHEMA)}")
    tables, problems = _read_tables(where or [_shown(INFRA / "kpi_tables")])
    known = _read_calendar(calendar or _shown(INFRA / "calendar.yaml"), problems)
    client = _bigquery() if against_tables else None
    for table in tables:
        found, watched = _check(table, known, client)
        problems += found
        if not found:
            print(printable(f"ok {table.where}: {_told(table, watched)}"))
    for problem in problems:
        for line in str(problem).split("\n"):
            print(f"error: {printable(line)}", file=sys.stderr)
    if problems:
        raise typer.Exit(1)


def schema_text() -> str:
    """The JSON Schema of a KPI table's file, as it is kept in infra/."""
    from shared.kpi.configuration.table_file import json_schema  # noqa: PLC0415 - `sekisho --help` needs no pydantic

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _read_tables(places: list[str]) -> "tuple[list[KpiTable], list[ConfigError]]":
    from shared.gcp.kpi_config import read_files, read_tables  # noqa: PLC0415

    tables: list[KpiTable] = []
    problems: list[ConfigError] = []
    files = [place for place in places if _is_file(place)]
    for place in places:
        if place in files:
            continue
        try:
            found, broken = read_tables(place, _storage)
        except ConfigError as error:
            problems.append(error)
        else:
            tables += found
            problems += broken.values()
    found, broken = read_files(files, _storage)
    return tables + found, problems + list(broken.values())


def _is_file(place: str) -> bool:
    return place.endswith((".yaml", ".yml")) if place.startswith("gs://") else not Path(place).is_dir()


def _read_calendar(location: str, problems: list[ConfigError]) -> "Calendar | None":
    from shared.gcp.kpi_config import read_calendar  # noqa: PLC0415

    try:
        found = read_calendar(location, _storage)
    except ConfigError as error:
        problems.append(error)
        return None
    names = ", ".join(event.name for event in found.events) or "no own events"
    print(printable(f"ok {location}: holidays of {found.country}; {names}"))
    return found


def _check(
    table: "KpiTable", calendar: "Calendar | None", client: "BigQuery | None"
) -> "tuple[list[ConfigError], Watched | None]":
    """What is wrong with a table's file beside the calendar and, with a client, beside the table."""
    from shared.kpi.configuration.calendar_file import check_events  # noqa: PLC0415

    problems: list[ConfigError] = []
    watched = None
    try:
        if calendar is not None:
            check_events(table, calendar)
    except ConfigError as error:
        problems.append(error)
    try:
        if client is not None:
            watched = _fitted(table, client)
    except ConfigError as error:
        problems.append(error)
    return problems, watched


def _fitted(table: "KpiTable", client: "BigQuery") -> "Watched":
    from shared.gcp.kpi_series import names_beside, read_shape  # noqa: PLC0415 - the offline check needs no network
    from shared.kpi.configuration.problems import near, told  # noqa: PLC0415
    from shared.kpi.configuration.watched import resolve  # noqa: PLC0415
    from shared.kpi.history import Shape  # noqa: PLC0415

    try:
        columns, partition = read_shape(client, table.table)
    except TableMissing as error:
        hint = near(*names_beside(client, table.table))
        said = f"expected a table or view of {client.project}, came {table.table}, which is not there{hint}"
        raise ConfigError(told(table.where, table.lines, ("table",), said)[1]) from error
    return resolve(table, Shape(columns, ""), partition)


def _told(table: "KpiTable", watched: "Watched | None") -> str:
    if watched is None:
        plain = "every column of numbers" if table.include is None else ", ".join(table.include)
        kpis = ", ".join(part for part in (plain, *table.derived) if part)
    else:
        kpis = ", ".join(watched.kpis[:MOST_NAMED])
        if len(watched.kpis) > MOST_NAMED:
            kpis += f" and {len(watched.kpis) - MOST_NAMED} more"
        kpis += f" per {watched.date_column}"
    parts = f", by {' × '.join(table.segments)}" if table.segments else ""
    days = table.arrives_after_days
    later = "the same day" if days == 0 else "the next day" if days == 1 else f"{days} days later"
    return f"{table.table}: {kpis}{parts}; due {later} by {table.arrives_by:%H:%M} {table.time_zone}"


def _storage() -> "Storage":
    from shared import settings  # noqa: PLC0415
    from shared.gcp.clients import storage_client  # noqa: PLC0415

    return storage_client(settings.cloud())


def _bigquery() -> "BigQuery":
    from shared import settings  # noqa: PLC0415
    from shared.gcp.clients import bigquery_client  # noqa: PLC0415

    if not settings.project_name():
        raise ConfigError(
            "--against-tables: expected a project whose tables to look at, came no GOOGLE_CLOUD_PROJECT; on "
            "a laptop start `sekisho up` and run the `export …` line it prints; for tables in the cloud, "
            "export GOOGLE_CLOUD_PROJECT with the project's id"
        )
    return bigquery_client(settings.cloud())


def _shown(path: Path) -> str:
    """A path of ours as people call it: from where they are, if it is below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
