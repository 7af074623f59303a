"""A function carries only the Google libraries it needs."""

import json
import subprocess
import sys

import pytest

LIBRARIES = ["google.cloud.bigquery", "google.cloud.storage", "google.cloud.pubsub_v1"]


@pytest.mark.parametrize(
    ("work", "needed"),
    [
        ("import shared.gcp.clients, shared.gcp.config_files", []),
        (
            "import shared.gcp.post_table, shared.gcp.verdict_table, shared.gcp.takedown_table\n"
            "from shared.gcp.clients import bigquery_client\n"
            "bigquery_client(Cloud('p', 'd', bigquery_emulator='http://127.0.0.1:1'))",
            ["google.cloud.bigquery"],
        ),
        (
            "import shared.gcp.takedown_slots\n"
            "from shared.gcp.clients import storage_client\n"
            "storage_client(Cloud('p', 'd', storage_emulator='http://127.0.0.1:1'))",
            ["google.cloud.storage"],
        ),
        (
            "import shared.gcp.topics\n"
            "from shared.gcp.clients import publisher_client\n"
            "publisher_client(Cloud('p', 'd', pubsub_emulator='127.0.0.1:1'))",
            ["google.cloud.pubsub_v1"],
        ),
    ],
    ids=["nothing", "tables", "objects", "topics"],
)
def test_nothing_is_imported_that_is_not_used(work: str, needed: list[str]) -> None:
    program = (
        f"import json, sys\nfrom shared.settings import Cloud\n{work}\n"
        f"print(json.dumps([name for name in {LIBRARIES} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == needed
