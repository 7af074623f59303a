"""Errors named by what the caller should do about them.

Every message says what was expected, what came, and where.
"""


class SekishoError(Exception):
    """Any error Sekisho raises on purpose."""


class BadEvent(SekishoError):
    """Drop it: this event can never be used. `field` names the part that is wrong, dotted from the root."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class EventTooLarge(BadEvent):
    """Drop it: this event is larger than can be stored."""


class BadSignature(SekishoError):
    """Don't believe it: a webhook is not signed by the platform, or not within the last 5 minutes."""


class BadRow(SekishoError):
    """Fix the file: a row of a CSV can't be used."""


class ConfigError(SekishoError):
    """Fix the configuration: a setting or a configuration file is wrong or missing."""


class TableMissing(SekishoError):
    """Tell whoever owns it: the watched table is not there. That is a finding, not a failure of ours."""


class ModelMissing(SekishoError):
    """Train first: there is no model to judge with."""


class BadModel(SekishoError):
    """Don't use it: what is stored of a model or of its counts is not what this code can work with."""


class ModelUntrusted(BadModel):
    """Don't open it: a stored model is damaged, forged, or of a format this code does not read."""


class TrainingRefused(SekishoError):
    """Keep the serving model: what was learnt is not fit to judge. The message says why."""


class PlatformUnavailable(SekishoError):
    """Try again later, with the same idempotency key: whether the platform acted is unknown."""


class PlatformRefused(SekishoError):
    """Don't repeat it: the platform understood the request and will not do it."""


class StorageUnavailable(SekishoError):
    """Try again later: BigQuery, Cloud Storage or Pub/Sub did not take or give what was asked."""
