"""BigQuery's client is loaded without pandas, which stays as it was."""

import subprocess
import sys

import pytest

CLIENT = "from shared.gcp.bigquery import bigquery"


def _printed(*lines: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_client_does_not_load_pandas() -> None:
    assert _printed(CLIENT, "import sys", "print(bigquery.Client.__name__, 'pandas' in sys.modules)") == (
        "Client False"
    )


@pytest.mark.parametrize("order", [(CLIENT, "import pandas"), ("import pandas", CLIENT)])
def test_pandas_can_be_loaded_before_the_client_and_after_it(order: tuple[str, str]) -> None:
    assert _printed(*order, "print(pandas.Series([1]).sum())") == "1"
