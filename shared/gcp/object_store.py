"""Objects in one bucket of Cloud Storage, changed only by those who know what they change."""

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud.storage import Client

from shared.errors import ConfigError, SekishoError
from shared.gcp.failures import translated


class ObjectChanged(SekishoError):
    """Read it again: somebody changed the object since."""


class ObjectStore:
    """A bucket. Every write names the generation it replaces, 0 where there must be nothing yet.

    Every method raises StorageUnavailable, or ConfigError where the bucket is missing or forbidden.
    """

    def __init__(self, client: Client, bucket: str) -> None:
        self._bucket = client.bucket(bucket)

    def where(self, name: str) -> str:
        """The object as people write it: gs://bucket/name."""
        return f"gs://{self._bucket.name}/{name}"

    def names(self, prefix: str) -> list[str]:
        """The names of all objects that begin with `prefix`, in their order."""
        with translated(self.where(prefix)):
            return sorted(blob.name for blob in self._bucket.list_blobs(prefix=prefix))

    def read(self, name: str) -> tuple[bytes, int] | None:
        """The object's bytes and their generation, from one answer; None where there is no such object."""
        blob = self._bucket.blob(name)
        with translated(self.where(name)):
            try:
                data = blob.download_as_bytes()
            except NotFound:
                # The object or the whole bucket: a bucket that is there can be listed, which who may know
                # that an object is missing is always allowed to do.
                list(self._bucket.list_blobs(max_results=1))
                return None
        if blob.generation is None:
            raise ConfigError(f"{self.where(name)}: expected a generation with the data, came none")
        return data, int(blob.generation)

    def write_once(self, name: str, data: bytes) -> bool:
        """Writes an object that is never changed; False where it is there already, and then leaves it."""
        try:
            self.swap(name, data, 0)
        except ObjectChanged:
            return False
        return True

    def swap(self, name: str, data: bytes, generation: int) -> int:
        """Replaces what stands at `generation` (0: nothing), and returns the new generation.

        Raises ObjectChanged where something else stands there by now. That may be our own write, when its
        answer was lost on the way: who reads again sees it.
        """
        blob = self._bucket.blob(name)
        with translated(self.where(name)):
            try:
                blob.upload_from_string(
                    data, content_type="application/octet-stream", if_generation_match=generation
                )
            except PreconditionFailed as error:
                raise ObjectChanged(
                    f"{self.where(name)}: expected generation {generation}, came another"
                ) from error
        return int(blob.generation)
