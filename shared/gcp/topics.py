"""Pub/Sub topics: messages handed over so that they can't be lost."""

from collections.abc import Mapping, Sequence

from google.api_core.retry import Retry
from google.cloud.pubsub_v1 import PublisherClient

from shared.gcp.failures import translated
from shared.traces import baggage

PATIENCE_SECONDS = 20.0
"""The platform waits for an answer while a message is published, and sends it again where none comes."""


class Topics:
    """The topics of one project."""

    def __init__(self, publisher: PublisherClient, project: str) -> None:
        self._publisher = publisher
        self._project = project

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None) -> str:
        """Publishes one message and waits until Pub/Sub has it; returns its id. It carries the trace.

        Raises StorageUnavailable (it may have been taken all the same: a repeat must be harmless), or
        ConfigError where the topic is missing or forbidden.
        """
        (message_id,) = self.publish_all(topic, [data], attributes)
        return message_id

    def publish_all(
        self, topic: str, messages: Sequence[bytes], attributes: Mapping[str, str] | None = None
    ) -> list[str]:
        """Publishes messages, many in one call, and waits until Pub/Sub has them all; returns their ids.

        Raises as `publish` does: any of them may have been taken.
        """
        path = self._publisher.topic_path(self._project, topic)
        carried = {**(attributes or {}), **baggage()}
        with translated(f"topic {path}"):
            retry = Retry(timeout=PATIENCE_SECONDS)
            sent = [
                self._publisher.publish(path, data, retry=retry, timeout=PATIENCE_SECONDS, **carried)
                for data in messages
            ]
            return [str(each.result(timeout=PATIENCE_SECONDS + 1)) for each in sent]
