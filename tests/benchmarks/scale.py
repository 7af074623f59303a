"""Scale: cost versus work of the three ways that grow with a marketplace, on the local cloud.

Webhooks by more and more senders until every post has its verdict; a backlog after an outage, drained by the
sweep in order; the hourly fan-out to up to 1,000 KPI tables. What a table's check itself costs is what
`make bench-kpi-tables` prints. Each is a curve with its slope: the exponent by which seconds grow with work.
All servers share this machine's cores, so that only slopes and ratios mean anything elsewhere.

Fails when a post has no verdict, is judged twice or before an older one, when a webhook is refused, a table
has no message, or a slope is above 1.15: more work may cost as much more, not more than that.

    .venv/bin/python tests/benchmarks/scale.py [--short]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from infra.local.cloud import EMULATORS, LocalCloud
from shared.spam.verdicts import Mode
from tests.benchmarks.scale_load.backlog import drained
from tests.benchmarks.scale_load.curve import Curve
from tests.benchmarks.scale_load.fan_out import fanned_out
from tests.benchmarks.scale_load.intake import rising_load
from tests.benchmarks.scale_load.marketplace import Marketplace

SERVICES = (*EMULATORS, "receive_new_post", "judge_post", "judge_new_posts", "train_spam_model", "check_kpis")
STEEPEST = 1.15
MOST_SECONDS = 600.0


def main() -> int:
    """Prints the curves; 1 when something did not come out as it must."""
    parser = argparse.ArgumentParser(
        description="Puts rising load on the local cloud and prints what it costs."
    )
    parser.add_argument("--short", action="store_true", help="a tenth of the work")
    less = 10 if parser.parse_args().short else 1
    console = Console(highlight=False, width=110)
    with tempfile.TemporaryDirectory(prefix="sekisho-scale-") as folder:
        tables = Path(folder) / "tables"
        tables.mkdir()
        overrides = {"SEKISHO_KPI_TABLES": str(tables)}
        with LocalCloud(
            Path(folder) / "cloud", mode=Mode.REVIEW, only=SERVICES, overrides=overrides
        ) as cloud:  # fmt: skip
            console.print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}\n")
            market = Marketplace(cloud)
            intake = rising_load(market, (1, 2, 4, 8, 16), max(4, 50 // less))
            console.print(intake.table())
            backlog, problems = drained(
                market, [size // less for size in (10_000, 30_000, 100_000)], MOST_SECONDS
            )
            console.print(backlog.table())
            fan_out, missed = fanned_out(cloud, tables, [size // less for size in (100, 300, 1_000)])
            console.print(fan_out.table())
    problems += missed + refused(intake) + steep(intake, backlog, fan_out)
    for problem in problems:
        console.print(f"scale: {problem}", soft_wrap=True)
    return 1 if problems else 0


def refused(intake: Curve) -> list[str]:
    """Webhooks that were not taken, and posts without a verdict."""
    found = []
    for point in intake.points:
        senders, *_, errors, judged = point.notes
        if errors != "0" or judged != f"{point.work:,.0f}":
            found.append(
                f"{senders} senders: expected {point.work:,.0f} posts judged, came {judged}, {errors} errors"
            )
    return found


def steep(*curves: Curve) -> list[str]:
    """Curves that grow faster than the work."""
    return [
        f"{curve.title}: expected a slope of at most {STEEPEST}, came {curve.slope:.2f}"
        for curve in curves
        if curve.slope > STEEPEST
    ]


if __name__ == "__main__":
    sys.exit(main())
