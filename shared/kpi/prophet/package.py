"""The prophet package without its chart libraries.

`prophet` imports matplotlib and looks for plotly (and says so on the terminal when it is not there) only to
offer plots, which nobody here draws with it. So it is shown an empty `prophet.plot` while it is imported:
half the import time, 30 MB less, and nothing printed.
"""

import importlib
import logging
import sys
from types import ModuleType
from typing import TYPE_CHECKING


def _without_plots() -> ModuleType:
    """The package, imported once. A `prophet.plot` that somebody imported before stays as it is."""
    name = "prophet.plot"
    if name in sys.modules:
        return importlib.import_module("prophet")
    blank = ModuleType(name)
    blank.plot = blank.plot_components = None  # type: ignore[attr-defined]
    sys.modules[name] = blank
    try:
        package = importlib.import_module("prophet")
    finally:
        del sys.modules[name]
    # It sets its own logger to INFO and tells of every default it takes.
    logging.getLogger("prophet").setLevel(logging.WARNING)
    return package


if TYPE_CHECKING:
    from prophet import Prophet as Prophet
    from prophet import models as models
else:
    Prophet = _without_plots().Prophet
    models = importlib.import_module("prophet.models")
