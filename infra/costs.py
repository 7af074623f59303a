"""Costs: what a month of Sekisho costs on Google Cloud, by list price, with the formula of every line.

`python -m infra.costs [--posts PER_DAY --tables N]` prints one size; without arguments, the three that
infra/README.md shows. Free tiers are not taken off: a small project pays less than it says.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DAYS = 30
GB, TB = 1e9, 1e12

# US dollars, list prices of asia-northeast1 as published in 2026; look them up again before you budget.
VCPU_SECOND, GIB_SECOND, MILLION_REQUESTS = 0.000024, 0.0000025, 0.40
PUBSUB_TB = 40.0
SCANNED_TB, STREAMED_GB, STORED_GB = 7.50, 0.06, 0.023
OBJECT_GB, THOUSAND_WRITES, THOUSAND_READS = 0.023, 0.005, 0.0004
LOGGED_GB, SCHEDULED_JOB, SECRET_VERSION, ALERT_CONDITION = 0.50, 0.10, 0.06, 0.10

LEAST_SCANNED = 10e6
"""Bytes billed of each table a query names, however little it reads."""


@dataclass(frozen=True)
class Load:
    """How much passes the checkpoint."""

    posts_a_day: float
    kpi_tables: float


@dataclass(frozen=True)
class Habits:
    """What one post and one check need: measured on the local cloud, or what a marketplace is like."""

    post_bytes: float = 2_500
    verdict_bytes: float = 1_500
    record_bytes: float = 1_000
    """A takedown's step, a label, a message: the least that is billed of each."""
    violating: float = 0.05
    answered: float = 0.10
    receive_seconds: float = 0.05
    judge_seconds: float = 0.35
    """Of one post, two rows streamed; instances serve eight at a time."""
    at_once: float = 8
    sweeps_a_day: float = 48
    sweep_seconds: float = 15
    window_days: float = 60
    judging_days: float = 3
    """How far the sweep looks back."""
    training_seconds_per_post: float = 0.002
    kpi_table_bytes: float = 20e6
    """Of the columns watched in three years of one table."""
    check_seconds: float = 8
    checks_a_day: float = 1.2
    """Of a table: most days are whole at the first look."""
    queries_a_check: float = 6
    results_bytes: float = 20_000
    kept_days: float = 400
    summaries_a_day: float = 1.15
    log_lines_a_post: float = 2
    log_line_bytes: float = 500


@dataclass(frozen=True)
class Line:
    """One position of the bill."""

    name: str
    formula: str
    dollars: float


def bill(load: Load, of: Habits | None = None) -> Iterator[Line]:
    """The positions of a month."""
    of = of or Habits()
    posts, checks = load.posts_a_day * DAYS, load.kpi_tables * of.checks_a_day * DAYS
    busy = posts * (of.receive_seconds + of.judge_seconds) / of.at_once
    training = of.window_days * load.posts_a_day * of.answered * of.training_seconds_per_post * DAYS
    sweeping = of.sweeps_a_day * DAYS * of.sweep_seconds
    instance = VCPU_SECOND + GIB_SECOND
    yield Line(
        "functions: posts",
        "(posts x (receive s + judge s) / at once + sweeps x s + training s) x (vCPU s + GiB s) + requests",
        (busy + sweeping + training) * instance + 3 * posts / 1e6 * MILLION_REQUESTS,
    )
    yield Line(
        "functions: KPIs",
        "checks x s x (vCPU s + 2 GiB s) + summaries",
        checks * of.check_seconds * (VCPU_SECOND + 2 * GIB_SECOND)
        + of.summaries_a_day * DAYS * 30 * instance,
    )
    carried = posts * max(of.post_bytes, 1_000) * 2 + checks * 1_000 * 2
    yield Line("Pub/Sub", "(posts x bytes + checks x 1 KB) x (in + out)", carried / TB * PUBSUB_TB)
    streamed = posts * (of.post_bytes + of.verdict_bytes + of.record_bytes * (2 * of.violating + of.answered))
    yield Line(
        "BigQuery: rows streamed",
        "posts x bytes of post, verdict, takedown, label",
        streamed / GB * STREAMED_GB,
    )
    judged = of.judging_days * load.posts_a_day * (of.post_bytes + of.verdict_bytes)
    swept = of.sweeps_a_day * DAYS * max(judged, 6 * LEAST_SCANNED)
    trained = DAYS * max(of.window_days * load.posts_a_day * of.post_bytes, 3 * LEAST_SCANNED)
    acted = posts * of.violating * 4 * LEAST_SCANNED
    yield Line(
        "BigQuery: queries, posts",
        "sweeps x 3 days of posts and verdicts + trainings x 60 days of posts + takedowns x 4 tables x 10 MB",
        (swept + trained + acted) / TB * SCANNED_TB,
    )
    own = checks * of.queries_a_check * LEAST_SCANNED
    history = checks * max(of.kpi_table_bytes, LEAST_SCANNED)
    hourly = 24 * DAYS * 2 * max(LEAST_SCANNED, load.kpi_tables * 3_000 * 14)
    yield Line(
        "BigQuery: queries, KPIs",
        "checks x (table's 3 years + 6 x 10 MB) + 24 x 30 looks at what is due",
        (own + history + hourly) / TB * SCANNED_TB,
    )
    stored = of.kept_days * (
        load.posts_a_day * (of.post_bytes + of.verdict_bytes) + load.kpi_tables * of.results_bytes
    )
    yield Line("BigQuery: storage", "400 days of posts, verdicts, results", stored / GB * STORED_GB)
    yield Line(
        "Cloud Storage",
        "models + slots of takedowns and alerts + model reads",
        OBJECT_GB
        + (posts * of.violating + checks * 0.1) / 1e3 * THOUSAND_WRITES
        + posts / 60 / 1e3 * THOUSAND_READS,
    )
    logged = (posts * of.log_lines_a_post + checks * 3) * of.log_line_bytes
    yield Line("logs", "lines x 500 bytes", logged / GB * LOGGED_GB)
    yield Line(
        "Scheduler, secrets, alerts",
        "6 jobs + 5 secrets + 12 conditions",
        6 * SCHEDULED_JOB + 5 * SECRET_VERSION + 12 * ALERT_CONDITION,
    )


SIZES = (Load(1_000, 10), Load(50_000, 100), Load(1_000_000, 1_000))
"""Those infra/README.md shows: a start, a marketplace, a large one."""


def table(loads: Sequence[Load]) -> str:
    """A Markdown table of the bills, one column per size."""
    bills = [list(bill(load)) for load in loads]
    heads = [f"{load.posts_a_day:,.0f} posts/day, {load.kpi_tables:,.0f} tables" for load in loads]
    rows = [["US$ a month", *heads, "from"], ["---", *["--:"] * len(loads), "---"]]
    for lines in zip(*bills, strict=True):
        rows.append([lines[0].name, *(f"{line.dollars:,.2f}" for line in lines), lines[0].formula])
    rows.append(["**together**", *(f"**{sum(line.dollars for line in each):,.2f}**" for each in bills), ""])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of one size, or of the three."""
    asked = argparse.ArgumentParser(prog="python -m infra.costs", description=__doc__.splitlines()[0])
    asked.add_argument("--posts", type=float, metavar="PER_DAY", help="new posts a day")
    asked.add_argument("--tables", type=float, metavar="N", help="watched KPI tables")
    options = asked.parse_args(arguments)
    if (options.posts is None) != (options.tables is None):
        asked.error("expected both --posts and --tables, or neither, came one")
    if min(options.posts or 0, options.tables or 0) < 0:
        asked.error("expected numbers of at least 0")
    print(table([Load(options.posts, options.tables)] if options.posts is not None else SIZES))


if __name__ == "__main__":
    main()
