"""Tables of a test module's own, made from infra/schemas/ in the BigQuery emulator."""

import uuid

import pytest
from google.cloud import bigquery

from infra.local.tables import create_tables
from shared.gcp.clients import bigquery_client
from shared.settings import Cloud


@pytest.fixture(scope="session")
def bigquery_api(cloud_settings: Cloud) -> bigquery.Client:
    """The official BigQuery client, talking to the emulator."""
    return bigquery_client(cloud_settings)


@pytest.fixture(scope="module")
def dataset(bigquery_api: bigquery.Client) -> str:
    """A dataset with every table and view, empty, that no other module sees."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    create_tables(bigquery_api, name)
    return name
