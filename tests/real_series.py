"""Real series to judge, which lie beside the project and never in it."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared/data/series"


def series_file(name: str) -> Path:
    """The CSV of that name; without it the test that asks is skipped."""
    path = FOLDER / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there: real data is not part of the project")  # a checkout alone has none
    return path
