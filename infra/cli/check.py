"""sekisho check: have one KPI table's days checked now, whatever is due."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from shared.errors import BadEvent


def check(
    table: Annotated[str, typer.Argument(help="dataset.table, as its file names it")],
    dates: Annotated[
        list[str] | None, typer.Argument(metavar="[DATE]...", help="such as 2026-01-12; none: the newest due")
    ] = None,
) -> None:
    """Ask check_kpi_table for a table's days: after a repair, or of the past; what changed is told."""
    from shared import settings  # noqa: PLC0415 - Google's libraries are slow to load, `--help` needs none
    from shared.gcp.clients import publisher_client  # noqa: PLC0415
    from shared.gcp.topics import Topics  # noqa: PLC0415
    from shared.kpi.asking import CheckRequest  # noqa: PLC0415

    try:
        days = tuple(sorted({date.fromisoformat(each) for each in dates or ()}))
    except ValueError as error:
        raise BadEvent(f"dates: expected dates such as 2026-01-12, came {' '.join(dates or ())}") from error
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    message = CheckRequest(table, days).to_message()
    CheckRequest.from_message(message, tomorrow)  # what the function would drop is told here
    cloud = settings.cloud()
    Topics(publisher_client(cloud), cloud.project).publish(settings.kpi_topic(), message)
    print(
        f"asked for {table}, {', '.join(map(str, days)) or 'its newest due day'}: the answer comes in Slack"
    )
