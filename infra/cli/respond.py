"""sekisho respond: what was done about an alert, so that the team and the bands know."""

import difflib
import getpass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from shared.errors import ConfigError
from shared.kpi.responses import LONGEST_DAYS, Branch, Response

if TYPE_CHECKING:
    from shared.gcp.clients import BigQuery

KNOWN_DAYS = 90
"""A table nobody checked for so long is taken for a mistyped one."""
AHEAD = timedelta(days=1)
"""Some tables' own time zones are a day ahead of UTC."""


def respond(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table, as its configuration names it.")],
    day: Annotated[str, typer.Argument(metavar="DATE", help="The (first) day, such as 2026-01-12.")],
    branch: Annotated[
        Branch,
        typer.Option(
            help="What was wrong: data (a confirmed incident, never learnt from), model or setting "
            "(the number or the table is right as it is)."
        ),
    ],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day.", show_default="that day only")
    ] = None,
    kpi: Annotated[str, typer.Option(help="Only this KPI or column.", show_default="all of the table")] = "",
    note: Annotated[str, typer.Option(help="What was found and done.", show_default=False)] = "",
    by: Annotated[str | None, typer.Option(help="Who answers.", show_default="your login")] = None,
) -> None:
    """Answer an alert: days of wrong data never train a band; a shape that is meant is no longer told.

    Who was mistaken answers again: of two answers on a day the newer counts.
    """
    from shared import settings  # noqa: PLC0415 - Google's libraries are slow to load, `--help` needs none
    from shared.gcp.clients import bigquery_client  # noqa: PLC0415
    from shared.gcp.response_table import ResponseTable  # noqa: PLC0415

    now = datetime.now(UTC)
    first, last = _days(day, until, now)
    responder = by if by is not None else _login()
    response = Response(table.strip(), first, last, kpi.strip(), branch, note.strip(), responder, now)
    if not response.table:
        raise ConfigError("TABLE: expected a table such as recsys.item_slot_daily, came nothing")
    cloud = settings.cloud()
    client = bigquery_client(cloud)
    _warn_of_unknown(response, client, cloud.dataset, now)
    ResponseTable(client, cloud.dataset).append(response)
    print(_in_words(response))


def _days(day: str, until: str | None, now: datetime) -> tuple[date, date]:
    """The first and last day, checked: a mistyped year must not teach the bands anything."""
    first = _day("DATE", day)
    last = first if until is None else _day("--until", until)
    latest = now.date() + AHEAD
    if not first <= last <= latest:
        expected = f"{first} to {latest}" if first <= latest else f"{latest} at the latest"
        raise ConfigError(f"{'DATE' if until is None else '--until'}: expected {expected}, came {last}")
    if (last - first).days >= LONGEST_DAYS:
        raise ConfigError(f"--until: expected at most {LONGEST_DAYS} days, came {(last - first).days + 1}")
    return first, last


def _day(where: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ConfigError(f"{where}: expected a date such as 2026-01-12, came {text!r}") from error


def _login() -> str:
    try:
        return getpass.getuser()
    except OSError:  # a container's user without a name
        return ""


def _warn_of_unknown(response: Response, client: "BigQuery", dataset: str, now: datetime) -> None:
    """Says so where nobody checked the table lately: the answer is kept, but would be of no use."""
    from shared.gcp.check_table import CheckTable  # noqa: PLC0415

    since = now.date() - timedelta(days=KNOWN_DAYS)
    known = sorted({table for table, _ in CheckTable(client, dataset).latest(since, now.date() + AHEAD)})
    if response.table in known:
        return
    close = difflib.get_close_matches(response.table, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f", but {', '.join(known[:10]) or 'none'}"
    line = f"note: {response.table} was not checked in the last {KNOWN_DAYS} days{hint}"
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[yellow]{escape(line)}[/yellow]")


def _in_words(response: Response) -> str:
    days = str(response.first)
    if response.last > response.first:
        days += f" to {response.last} ({len(response.days)} days)"
    what = f"{response.kpi} of {response.table}" if response.kpi else response.table
    if response.branch is Branch.DATA:
        return f"{what}, {days}: a confirmed incident; no band is trained on it."
    return (
        f"{what}, {days}: nothing wrong with the data ({response.branch}); the numbers are learnt from, and "
        "columns that changed are taken as they are."
    )
