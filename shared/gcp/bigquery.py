"""The client of BigQuery without pandas, in which it can give results: nobody here asks it for that.

It imports pandas wherever that is installed, as it is beside prophet: as much work as the rest of the client
together. So it is told, while it is imported, that there is none.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING


def _without_pandas() -> ModuleType:
    """The package, imported once. A `pandas` that somebody imported before stays, and is used."""
    if "pandas" in sys.modules:
        return importlib.import_module("google.cloud.bigquery")
    sys.modules["pandas"] = None  # type: ignore[assignment] # so that importing it raises ImportError
    try:
        return importlib.import_module("google.cloud.bigquery")
    finally:
        del sys.modules["pandas"]


if TYPE_CHECKING:
    from google.cloud import bigquery as bigquery
else:
    bigquery = _without_pandas()
