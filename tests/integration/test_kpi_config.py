"""KPI tables' files and the calendar from a folder and from a bucket: a broken file hides no other."""

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.storage import Client
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError
from typer.testing import CliRunner

from infra.cli.main import app
from infra.local.tables import create_tables
from shared.errors import ConfigError, StorageUnavailable
from shared.gcp.clients import storage_client
from shared.gcp.kpi_config import read_calendar, read_files, read_table, read_tables
from shared.settings import Cloud

ROOT = Path(__file__).parents[2]
FILES: dict[str, str | bytes] = {
    "b_slot.yaml": "table: recsys.slot\n",
    "a_mail.yml": "table: marketing.mail\nsegmnets: [x]\n",
    "c_again.yaml": "# the same\ntable: recsys.slot\n",
    "d_modules.yaml": "table: recsys.modules\nsegments: [mall]\n",
    "e_bytes.yaml": b"table: recsys.bytes\ndate: \xff\n",
    ".hidden.yaml": "nonsense\n",
    "readme.md": "# nonsense\n",
    "old/z.yaml": "nonsense\n",
}


@pytest.fixture(scope="module")
def client(storage_emulator: str) -> Client:
    return storage_client(Cloud("sekisho-local", "sekisho", storage_emulator=storage_emulator))


@pytest.fixture(params=["folder", "bucket", "whole bucket"])
def place(request: pytest.FixtureRequest, client: Client, tmp_path: Path) -> str:
    if request.param == "folder":
        for name, content in FILES.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path)
    bucket = client.create_bucket(f"kpi-{uuid.uuid4().hex}")
    prefix = "kpi_tables/" if request.param == "bucket" else ""
    for name, content in FILES.items():
        bucket.blob(f"{prefix}{name}").upload_from_string(content)
    bucket.blob("kpi_tables_old/x.yaml").upload_from_string("nonsense")
    return f"gs://{bucket.name}/{prefix}".rstrip("/")


def test_every_file_is_a_table_and_a_broken_one_hides_no_other(place: str, client: Client) -> None:
    made = []

    def storage() -> Client:
        made.append(client)
        return client

    tables, broken = read_tables(place, storage)

    assert [(table.table, table.where) for table in tables] == [
        ("recsys.slot", f"{place}/b_slot.yaml"),
        ("recsys.modules", f"{place}/d_modules.yaml"),
    ]
    assert {
        name.removeprefix(f"{place}/"): str(error).removeprefix(f"{place}/") for name, error in broken.items()
    } == {
        "a_mail.yml": "a_mail.yml, line 2, field segmnets: expected a known field, came 'segmnets'; "
        "did you mean `segments`?",
        "c_again.yaml": f"recsys.slot is watched by both {place}/b_slot.yaml, line 1, and "
        f"{place}/c_again.yaml, line 2: expected one file of a table; remove one",
        "e_bytes.yaml": "e_bytes.yaml, line 2: expected UTF-8, came byte 0xff",
    }
    assert len(made) == (1 if place.startswith("gs://") else 0)


def test_one_file_is_read_by_its_location(place: str, client: Client) -> None:
    table = read_table(f"{place}/d_modules.yaml", lambda: client)
    assert (table.table, table.segments, table.where) == (
        "recsys.modules", ("mall",), f"{place}/d_modules.yaml"
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"a_mail\.yml, line 2, field segmnets"):
        read_table(f"{place}/a_mail.yml", lambda: client)
    with pytest.raises(ConfigError, match=r"none\.yaml: expected an? (file|object), came"):
        read_table(f"{place}/none.yaml", lambda: client)
    tables, broken = read_files([f"{place}/d_modules.yaml", f"{place}/none.yaml"], lambda: client)
    assert ([each.table for each in tables], list(broken)) == (["recsys.modules"], [f"{place}/none.yaml"])


def test_where_nothing_would_be_watched_somebody_must_know(client: Client, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected at least one KPI table's file \(\*\.yaml\), came none"):
        read_tables(str(tmp_path), None)
    with pytest.raises(ConfigError, match=r"absent: expected a folder, came No such file"):
        read_tables(str(tmp_path / "absent"), None)
    bucket = client.create_bucket(f"kpi-{uuid.uuid4().hex}").name
    with pytest.raises(ConfigError, match=f"gs://{bucket}/kpi_tables: expected at least one"):
        read_tables(f"gs://{bucket}/kpi_tables", lambda: client)
    with pytest.raises(ConfigError, match="gs://kpi-no-such-bucket/x/: expected it to exist"):
        read_tables("gs://kpi-no-such-bucket/x", lambda: client)
    with pytest.raises(ConfigError, match="gs:///x: expected gs://bucket/prefix, came no bucket"):
        read_tables("gs:///x", lambda: client)
    with pytest.raises(ConfigError, match="gs://b/x: expected a folder on this machine"):
        read_tables("gs://b/x", None)


@pytest.mark.parametrize("failing", ["/o?", "alt=media"], ids=["listing", "reading"])
def test_a_bucket_that_does_not_answer_is_not_taken_for_a_broken_file(
    client: Client, storage_emulator: str, failing: str
) -> None:
    class Cut(HTTPAdapter):
        """A line that is cut for some requests, in a way the client does not try again."""

        def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
            if failing in str(request.url):
                raise ContentDecodingError("cut")
            return super().send(request, *args, **options)

    bucket = client.create_bucket(f"kpi-{uuid.uuid4().hex}")
    bucket.blob("a.yaml").upload_from_string("table: a.b\n")
    away = storage_client(Cloud("p", "d", storage_emulator=storage_emulator))
    away._http.mount("http://", Cut())
    with pytest.raises(StorageUnavailable, match="cut"):
        read_tables(f"gs://{bucket.name}", lambda: away)


def test_the_calendar_is_read_from_disk_and_from_a_bucket(client: Client, tmp_path: Path) -> None:
    text = "events:\n  - {name: sale, start: 03-10}\n"
    bucket = client.create_bucket(f"kpi-{uuid.uuid4().hex}")
    bucket.blob("calendar.yaml").upload_from_string(text)
    (tmp_path / "calendar.yaml").write_text(text)
    found = read_calendar(f"gs://{bucket.name}/calendar.yaml", lambda: client)
    assert found == read_calendar(str(tmp_path / "calendar.yaml"), None)
    assert [event.name for event in found.events] == ["sale"]


def test_who_only_asks_for_checks_needs_neither_holidays_nor_google() -> None:
    program = (
        "import sys; from shared.gcp.kpi_config import read_tables; read_tables('infra/kpi_tables', None);"
        "print([name for name in ('holidays', 'google.api_core', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_shipped_configuration_fits_the_tables_sekisho_makes(
    bigquery_api: bigquery.Client, cloud_settings: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = f"against_{uuid.uuid4().hex[:12]}"
    create_tables(bigquery_api, dataset)
    text = (ROOT / "infra/kpi_tables/moderation.yaml").read_text(encoding="utf-8")
    right, wrong, absent = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"
    right.write_text(
        text.replace("sekisho.moderation_daily", f"{dataset}.moderation_daily"), encoding="utf-8"
    )
    wrong.write_text(
        f"table: {dataset}.verdicts\ndate: judged_at\nkpis: [scoer]\nsegments: [reasons]\nevents: [sael]\n"
    )
    absent.write_text(f"# none\ntable: {dataset}.absent\n")
    (tmp_path / "d.yaml").write_text(f"table: {dataset}.moderation_dialy\n")
    (tmp_path / "e.yaml").write_text(f"table: {dataset[:-1]}.verdicts\n")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", cloud_settings.project)
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", str(cloud_settings.bigquery_emulator))

    done = CliRunner().invoke(app, ["check-config", str(tmp_path), "--against-tables"])

    assert done.exit_code == 1, done.exception
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.stdout.splitlines()[1:] == [
        f"ok {right}: {dataset}.moderation_daily: "
        "posts, judged, left_alone, sent_to_review, judged_violating, shadow_verdicts, "
        "taken_down, held, refused, restored, labels, label_violations and 5 more per day; "
        "due the next day by 09:00 Asia/Tokyo"
    ]
    told = [line.removeprefix(f"error: {tmp_path}/") for line in done.stderr.splitlines()]
    assert told[0].startswith(
        "b.yaml, line 5, field events #1: expected an event of the calendar, came 'sael'"
    )
    assert told[1].startswith("b.yaml, line 3, field kpis #1: ")
    assert told[1].endswith("came 'scoer'; did you mean `score`?")
    assert told[2].startswith(
        "b.yaml, line 4, field segments #1: expected a column of values to part by, came"
    )
    assert told[3] == (
        f"c.yaml, line 2, field table: expected a table or view of {cloud_settings.project}, "
        f"came {dataset}.absent, which is not there"
    )
    assert told[4].endswith("which is not there; did you mean `moderation_daily`?")
    assert told[5].endswith(f"which is not there; did you mean `{dataset}`?")
    assert len(told) == 6
