"""Failures of Google Cloud, told in the house's words: try again later, or fix the configuration."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError, TransportError

from shared.errors import ConfigError, StorageUnavailable

RATE_REASONS = frozenset({"rateLimitExceeded", "quotaExceeded"})
"""403 means both "you may not" and "not so fast"; these reasons say it is the second."""

PASSING = (
    exceptions.RetryError,
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.Aborted,
    exceptions.Cancelled,
    TransportError,
    OSError,  # requests' errors, sockets' and every time-out are of this kind
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Makes of what Google's clients raise StorageUnavailable (it will pass) or ConfigError (it won't).

    `where` names the table, bucket, object or topic. Everything else (409, 412, a query that can't be
    parsed) goes through: the caller expects it, or it is a mistake of ours that a retry won't mend.
    """
    try:
        yield
    except PASSING as error:
        raise StorageUnavailable(f"{where}: expected an answer, came {describe(error)}") from error
    except exceptions.NotFound as error:
        raise ConfigError(f"{where}: expected it to exist, came {describe(error)}") from error
    except exceptions.Forbidden as error:
        if reason_of(error) in RATE_REASONS:
            raise StorageUnavailable(f"{where}: expected an answer, came {describe(error)}") from error
        raise ConfigError(f"{where}: expected to be allowed, came {describe(error)}") from error
    except (exceptions.Unauthorized, GoogleAuthError) as error:
        raise ConfigError(f"{where}: expected usable credentials, came {describe(error)}") from error


def reason_of(error: exceptions.GoogleAPICallError) -> str:
    """BigQuery's word for what went wrong, such as notFound or quotaExceeded; empty where it gave none."""
    first = error.errors[0] if error.errors else None
    return str(first.get("reason", "")) if isinstance(first, dict) else ""


def describe(error: BaseException) -> str:
    """One line about a foreign error."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
