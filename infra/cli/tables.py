"""sekisho create-tables: the dataset's tables and views, as infra/schemas/ has them."""


def create_tables() -> None:
    """Create the tables and views in the dataset the environment names; safe to run again."""
    from infra.local import tables  # noqa: PLC0415 - Google's libraries are slow to load, `--help` needs none
    from shared import settings  # noqa: PLC0415
    from shared.gcp.clients import bigquery_client  # noqa: PLC0415

    cloud = settings.cloud()
    done = tables.create_tables(bigquery_client(cloud), cloud.dataset)
    for line in done:
        print(line)
    if not done:
        print(f"{cloud.project}.{cloud.dataset}: every table and view is as it should be")
