"""Costs: what a month of Sekisho costs on Google Cloud, by list price, with the formula of every line.

`python -m infra.costs [--posts PER_DAY --tables N]` prints one size; without arguments, the three that
infra/README.md shows: a month, a year after the start, in mode `auto`, of prod. Free tiers are not
taken off; builds are not counted.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DAYS = 30
SECONDS = DAYS * 86_400
MB, GB, TB = 1e6, 1e9, 1e12

# US dollars, list prices of asia-northeast1 as known on 2026-11-22; look them up again before you budget.
VCPU_SECOND, GIB_SECOND, IDLE_VCPU_SECOND, MILLION_REQUESTS = 0.000024, 0.0000025, 0.0000025, 0.40
PUBSUB_TB = 40.0
SCANNED_TB, STREAMED_GB, STORED_GB = 7.50, 0.06, 0.023
OBJECT_GB, IMAGE_GB, THOUSAND_WRITES, THOUSAND_READS = 0.023, 0.10, 0.005, 0.0004
LOGGED_GB, SCHEDULED_JOB, SECRET_VERSION, ALERT_CONDITION = 0.50, 0.10, 0.06, 0.10

LEAST_SCANNED = 10 * MB
"""Bytes billed of each table a query names, however little it reads."""
LEAST_STREAMED = 1_000
"""Bytes billed of each row streamed, and of each message."""
BLOCK = 64 * MB
"""Below so many bytes a day's partition is read whole, also where it is clustered by what is asked for."""

JOBS, SECRETS, CONDITIONS = 5, 4, 15
"""Scheduler's jobs, secrets and alert policies, options included: a test counts them in infra/terraform."""


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
    key_bytes: float = 40
    """Post id, revision and a time or a word."""
    step_bytes: float = 150
    label_bytes: float = 120
    taken_down: float = 0.05
    """Of posts; each takes two steps: asked for, answered."""
    answered: float = 0.10
    receive_seconds: float = 0.05
    receive_at_once: float = 16
    judge_seconds: float = 0.35
    judge_at_once: float = 4
    sweeps_a_day: float = 48
    sweep_seconds: float = 15
    judging_days: float = 3
    asked_days: float = 60
    """How far back a sweep looks for takedowns the platform never answered."""
    window_days: float = 60
    training_seconds_a_label: float = 0.002
    kpi_table_bytes: float = 20 * MB
    """Of the columns watched in three years of one table."""
    check_seconds: float = 8
    checks_a_day: float = 1.2
    """Of a table: most days are whole at the first look."""
    check_bytes: float = 1_000
    """Of what earlier checks left in table_checks, read again by each."""
    results_a_check: float = 20
    """Rows: KPIs and their segments."""
    kept_days: float = 400
    looked_up_days: float = 2
    """Days read of what happened to one post: since it appeared, and the day before, for its clock."""
    summaries_a_day: float = 8 / 7
    log_lines_a_post: float = 4
    """Received and judged, each once by the function and once by Cloud Run."""
    log_line_bytes: float = 700


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
    takedowns, summaries = posts * of.taken_down, of.summaries_a_day * DAYS
    received = _instance_seconds(posts, of.receive_seconds, of.receive_at_once)
    judged = _instance_seconds(posts, of.judge_seconds, of.judge_at_once)
    swept = of.sweeps_a_day * DAYS * of.sweep_seconds
    trained = of.window_days * load.posts_a_day * of.answered * of.training_seconds_a_label * DAYS
    yield Line(
        "functions: posts",
        "s an instance is at work x (vCPU s + GiB s), trainings 2 vCPU and 4 GiB, + 3 requests a post",
        received * _instance(1, 0.5)
        + (judged + swept) * _instance(1, 1)
        + trained * _instance(2, 4)
        + 3 * posts / 1e6 * MILLION_REQUESTS,
    )
    yield Line(
        "functions: always up",
        "one instance of receive_new_post: s of the month x (idle vCPU s + 0.5 GiB s)",
        SECONDS * (IDLE_VCPU_SECOND + 0.5 * GIB_SECOND),
    )
    yield Line(
        "functions: KPIs",
        "(checks x 8 s) x (2 vCPU s + 2 GiB s) + summaries x 30 s",
        checks * of.check_seconds * _instance(2, 2) + summaries * 30 * _instance(1, 1),
    )
    carried = (posts * max(of.post_bytes, LEAST_STREAMED) + checks * LEAST_STREAMED) * 2
    yield Line("Pub/Sub", "(posts x bytes + checks x 1 KB) x (in + out)", carried / TB * PUBSUB_TB)
    records = 2 * takedowns + of.answered * posts + (of.results_a_check + 3) * checks
    yield Line(
        "BigQuery: rows streamed",
        "posts x bytes of post and verdict + (takedowns x 2 + labels + checks x 23) x 1 KB",
        (posts * (of.post_bytes + of.verdict_bytes) + records * LEAST_STREAMED) / GB * STREAMED_GB,
    )
    yield Line(
        "BigQuery: queries of sweeps and training",
        "48 a day x (4 days of posts, 61 of verdicts, all takedowns and labels, 3 x) + trainings x 60 days",
        (of.sweeps_a_day * DAYS * _sweep(load, of) + DAYS * _training(load, of)) / TB * SCANNED_TB,
    )
    yield Line(
        "BigQuery: queries of takedowns",
        "takedowns x (ids of posts, takedowns, labels, verdicts of 2 days)",
        takedowns * _takedown(load, of) / TB * SCANNED_TB,
    )
    yield Line(
        "BigQuery: queries, KPIs",
        "checks x (table's 3 years + all earlier checks + 2 x 10 MB) + hourly looks + summaries",
        (checks * _check(load, of) + 24 * DAYS * _looking(load) + summaries * _summary(load, of))
        / TB
        * SCANNED_TB,
    )
    stored = load.posts_a_day * (of.post_bytes + of.verdict_bytes + 2 * of.taken_down * of.step_bytes)
    stored += load.kpi_tables * (of.results_a_check * 200 + of.check_bytes) * of.checks_a_day
    yield Line(
        "BigQuery: storage",
        "400 days of posts, verdicts, takedowns, results",
        of.kept_days * stored / GB * STORED_GB,
    )
    yield Line(
        "Cloud Storage, images",
        "1 GB of models + 5 GB of images + takedowns' slots + alerts' claims + looks at what is in force",
        OBJECT_GB
        + 5 * IMAGE_GB
        + (takedowns + 0.2 * checks) / 1e3 * THOUSAND_WRITES
        + 2 * min(posts, SECONDS / 60 * math.ceil(judged / SECONDS)) / 1e3 * THOUSAND_READS,
    )
    logged = (posts * of.log_lines_a_post + checks * 3) * of.log_line_bytes
    yield Line("logs", "(posts x 4 + checks x 3) lines x 700 bytes", logged / GB * LOGGED_GB)
    yield Line(
        "Scheduler, secrets, alert policies",
        f"{JOBS} jobs + {SECRETS} secrets + {CONDITIONS} policies",
        JOBS * SCHEDULED_JOB + SECRETS * SECRET_VERSION + CONDITIONS * ALERT_CONDITION,
    )


def _instance(vcpus: float, gib: float) -> float:
    """Dollars for a second of an instance at work."""
    return vcpus * VCPU_SECOND + gib * GIB_SECOND


def _instance_seconds(calls: float, seconds: float, at_once: float) -> float:
    """How long instances are at work a month: calls share one as far as they come at the same time."""
    at_work = calls / SECONDS * seconds  # on average; a call that comes alone has the instance for itself
    return SECONDS * max(1 - math.exp(-at_work), at_work / at_once)


def _scanned(*tables: float) -> float:
    """Bytes billed of a query that reads so many of each table."""
    return sum(max(LEAST_SCANNED, read) for read in tables)


def _clustered(days: float, rows_a_day: float, row_bytes: float, read_bytes: float) -> float:
    """Bytes of the columns read in `days` partitions of a table clustered by what is asked for."""
    return days * min(rows_a_day, BLOCK / row_bytes) * read_bytes


def _sweep(load: Load, of: Habits) -> float:
    """judge_new_posts: what is unjudged, what awaits a takedown, and twice what people overturned."""
    posts, days = load.posts_a_day, of.judging_days + 1
    steps = of.kept_days * posts * 2 * of.taken_down * of.step_bytes
    labels = of.kept_days * posts * of.answered * of.label_bytes
    unjudged = _scanned(days * posts * of.post_bytes, days * posts * of.key_bytes)
    verdicts, revisions = posts * of.verdict_bytes, posts * of.key_bytes
    awaiting = _scanned((of.asked_days + 1) * verdicts, of.asked_days * revisions, steps, labels)
    return unjudged + awaiting + 2 * _scanned(steps, labels)


def _training(load: Load, of: Habits) -> float:
    """train_spam_model: labelled posts, how many there are, and the patrol's."""
    window = of.window_days * load.posts_a_day
    labels = of.kept_days * load.posts_a_day * of.answered * of.label_bytes
    return _scanned(window * of.post_bytes, labels) + 2 * _scanned(window * of.key_bytes, labels)


def _takedown(load: Load, of: Habits) -> float:
    """judge_post, of a post to be taken down: newest revision? answered? taken down before? judged before?"""
    posts, steps, labels = (load.posts_a_day * share for share in (1, 2 * of.taken_down, of.answered))
    return _scanned(
        _clustered(of.looked_up_days, posts, of.post_bytes, of.key_bytes),
        _clustered(of.looked_up_days, steps, of.step_bytes, of.step_bytes),
        _clustered(of.looked_up_days, labels, of.label_bytes, of.label_bytes),
        _clustered(of.looked_up_days, labels, of.label_bytes, of.key_bytes),  # again, just before the call
        _clustered(of.looked_up_days, posts, of.verdict_bytes, of.verdict_bytes),
    )


def _check(load: Load, of: Habits) -> float:
    """check_kpi_table: the table's history, what earlier checks, responses and alerts left."""
    earlier = _clustered(of.kept_days, load.kpi_tables, of.check_bytes, of.check_bytes)
    return _scanned(of.kpi_table_bytes, earlier, 0, 0)


def _looking(load: Load) -> float:
    """check_kpis: where the last 30 days stand, and what is unsent of them."""
    days = 31 * load.kpi_tables
    return _scanned(days * 100, days * 0.1 * 500)


def _summary(load: Load, of: Habits) -> float:
    """send_summary: results of two stretches of days, checks, and moderation_daily, which is a view."""
    results = 14 * load.kpi_tables * of.results_a_check * 200
    posts = 430 * load.posts_a_day
    return _scanned(results, results, 14 * load.kpi_tables * of.check_bytes, 0) + _scanned(
        posts * of.key_bytes, posts * of.key_bytes, posts * 2 * of.taken_down * of.step_bytes
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
    sizes = [options.posts, options.tables] if options.posts is not None else []
    if not all(math.isfinite(size) and size >= 0 for size in sizes):
        asked.error("expected finite numbers of at least 0")
    print(table([Load(*sizes)] if sizes else SIZES))


if __name__ == "__main__":
    main()
