"""Google's clients for the cloud the settings name. The only place that knows emulators.

Each function imports its own library when it is called: a function of ours carries only what it needs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import ConfigError
from shared.settings import Cloud

if TYPE_CHECKING:
    from google.cloud.pubsub_v1 import PublisherClient
    from google.cloud.storage import Client as StorageClient

    from shared.gcp.bigquery import bigquery

type BigQuery = bigquery.Client
type Storage = StorageClient
"""Google's clients by name, for those who only hand them on."""


def bigquery_client(cloud: Cloud) -> "bigquery.Client":
    """The client that reads and writes tables. Raises ConfigError without usable credentials."""
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415

    from shared.gcp.bigquery import bigquery  # noqa: PLC0415

    if cloud.bigquery_emulator is None:
        with _credentials_expected():
            return bigquery.Client(project=cloud.project)
    return bigquery.Client(
        project=cloud.project,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": cloud.bigquery_emulator},
    )


def storage_client(cloud: Cloud) -> "StorageClient":
    """The client that reads and writes objects in buckets. Raises ConfigError without usable credentials."""
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
    from google.cloud.storage import Client  # noqa: PLC0415

    if cloud.storage_emulator is None:
        with _credentials_expected():
            return Client(project=cloud.project)
    return Client(
        project=cloud.project,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": cloud.storage_emulator},
    )


def publisher_client(cloud: Cloud) -> "PublisherClient":
    """The client that publishes messages. Raises ConfigError without usable credentials."""
    from google.cloud.pubsub_v1 import PublisherClient  # noqa: PLC0415

    if cloud.pubsub_emulator is None:
        with _credentials_expected():
            return PublisherClient()
    import grpc  # noqa: PLC0415
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport  # noqa: PLC0415

    channel = grpc.insecure_channel(cloud.pubsub_emulator)
    return PublisherClient(transport=PublisherGrpcTransport(channel=channel))


@contextmanager
def _credentials_expected() -> Iterator[None]:
    """A client looks for credentials when it is made; ConfigError says what it should have found."""
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    from shared.gcp.failures import describe  # noqa: PLC0415 - loads google.api_core

    try:
        yield
    except (GoogleAuthError, OSError) as error:
        raise ConfigError(
            "Google Cloud: expected credentials (a service account's, `gcloud auth application-default "
            f"login`, or a key file named in GOOGLE_APPLICATION_CREDENTIALS), came {describe(error)}"
        ) from error
