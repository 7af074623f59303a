"""sekisho create-tables: the dataset's tables and views, as infra/schemas/ has them."""

from infra.local import tables
from shared import settings
from shared.gcp.clients import bigquery_client


def create_tables() -> None:
    """Create the tables and views in the dataset the environment names; safe to run again."""
    cloud = settings.cloud()
    done = tables.create_tables(bigquery_client(cloud), cloud.dataset)
    for line in done:
        print(line)
    if not done:
        print(f"{cloud.project}.{cloud.dataset}: every table and view is as it should be")
