"""Many rows into one table at once: a load job whose name makes a repeat harmless."""

from collections.abc import Iterable, Mapping
from typing import Any

from google.api_core.exceptions import Conflict, GoogleAPICallError

from shared.errors import ConfigError, SekishoError, StorageUnavailable
from shared.gcp.bigquery import bigquery
from shared.gcp.failures import translated

ATTEMPTS = 20
LONGEST_LOAD_SECONDS = 600.0
PASSING_REASONS = frozenset(
    {"backendError", "internalError", "jobBackendError", "jobInternalError", "rateLimitExceeded",
     "quotaExceeded", "stopped", "timeout"}
)  # fmt: skip


class LoadRefused(SekishoError):
    """Fix the rows: BigQuery took none of them, and never will."""


def load_rows(client: bigquery.Client, table: str, rows: Iterable[Mapping[str, Any]], job_id: str) -> bool:
    """Loads `rows` into `table` (project.dataset.table) once, however often it is called with this `job_id`.

    Jobs are named `job_id` and the number of the attempt. One that is there already and succeeded means
    done (False: these rows were not needed); after one that failed the next number is tried.
    Raises LoadRefused for rows the table can't take, StorageUnavailable where repeating may work.
    """
    kept = [dict(row) for row in rows]
    for attempt in range(1, ATTEMPTS + 1):
        name = f"{job_id}-{attempt}"
        with translated(f"{table}, load job {name}"):
            job, is_ours = _start(client, table, kept, name)
            problem = _outcome(job)
        if problem is None:
            return is_ours
        if is_ours:
            raise _meaning(table, name, problem)
    raise StorageUnavailable(
        f"{table}: expected load job {job_id} to succeed, came {ATTEMPTS} failed attempts"
    )


def _start(client: bigquery.Client, table: str, rows: list[dict[str, Any]], name: str) -> tuple[Any, bool]:
    """The job of that name, and whether it is we who started it."""
    config = bigquery.LoadJobConfig(
        autodetect=False,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
    )
    try:
        return client.load_table_from_json(rows, table, job_id=name, job_config=config), True
    except Conflict:
        # Outside the US and EU a job is found only by its location, which is its table's.
        return client.get_job(name, location=client.get_table(table).location), False


def _outcome(job: Any) -> Mapping[str, Any] | None:
    """Waits for `job`. None where it succeeded, BigQuery's own word on it where not."""
    try:
        job.result(timeout=LONGEST_LOAD_SECONDS)
    except GoogleAPICallError:
        if job.error_result is None:
            raise
    failure: Mapping[str, Any] | None = job.error_result
    return failure


def _meaning(table: str, name: str, problem: Mapping[str, Any]) -> SekishoError:
    """The error a failed job stands for. BigQuery's own message stays there: it may quote a post."""
    reason = str(problem.get("reason", ""))
    came = f"{table}: expected load job {name} to succeed, came {reason}; `bq show -j {name}` says more"
    if reason in PASSING_REASONS:
        return StorageUnavailable(came)
    return ConfigError(came) if reason in ("notFound", "accessDenied") else LoadRefused(came)
