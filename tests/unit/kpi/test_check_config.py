"""sekisho check-config, offline: everything that is wrong in one run, and what will be watched."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.cli import check_config as command
from infra.cli.main import app
from shared.errors import ConfigError

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check-config", *arguments])


def test_what_is_shipped_is_right_and_every_file_says_what_it_watches() -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    shipped = sorted((ROOT / "infra" / "kpi_tables").iterdir())
    assert len(lines) == len(shipped) + 1
    assert lines[0].startswith("ok ")
    assert "infra/calendar.yaml: holidays of JP; winter sale" in lines[0]
    for line, path in zip(lines[1:], shipped, strict=True):
        assert f"{path.name}: " in line
    assert any(
        line.endswith(
            "recsys.home_module_daily: every column of numbers, ctr, cvr, coverage, diversity, serendipity, "
            "by mall × gender; due the next day by 09:00 Asia/Tokyo"
        )
        for line in lines
    )


def test_every_problem_of_every_file_is_told_and_right_ones_are_ok(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "a.yaml").write_text("table: a.b\nkpis: [clicks]\narrives_after_days: 0\n")
    (folder / "b.yaml").write_text("table: ab\nkpis: []\n")
    (folder / "c.yaml").write_text("table: a.c\nevents: [summer]\n")
    (tmp_path / "calendar.yaml").write_text("country: none\nevents: [{name: sale, start: 03-10}]\n")
    single = tmp_path / "d.yaml"
    single.write_text("table: a.d\narrives_after_days: 3\nkpis: {include: [], ctr: clicks / views}\n")
    missing = tmp_path / "missing.yaml"

    done = run(str(folder), str(single), str(missing), "--calendar", str(tmp_path / "calendar.yaml"))

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"ok {tmp_path}/calendar.yaml: holidays of none; sale",
        f"ok {folder}/a.yaml: a.b: clicks; due the same day by 09:00 Asia/Tokyo",
        f"ok {single}: a.d: ctr; due 3 days later by 09:00 Asia/Tokyo",
    ]
    assert done.stderr.replace(f"error: {tmp_path}/", "").splitlines() == [
        "tables/b.yaml, line 1, field table: expected dataset.table or project.dataset.table, came 'ab'",
        "tables/b.yaml, line 2, field kpis: expected a list of columns, or a mapping of include, exclude "
        "and formulas such as ctr: clicks / impressions, came an empty list",
        "missing.yaml: expected a file, came No such file or directory",
        "tables/c.yaml, line 2, field events #1: expected an event of the calendar, came 'summer'; "
        "it has sale",
    ]


def test_a_broken_calendar_hides_no_table(tmp_path: Path) -> None:
    calendar = tmp_path / "calendar.yaml"
    calendar.write_text("country: jp\nevents: 5\n")
    (tmp_path / "a.yaml").write_text("table: a.b\nevents: [whatever]\n")
    done = run(str(tmp_path / "a.yaml"), "--calendar", str(calendar))
    assert done.exit_code == 1
    assert done.stdout.startswith(f"ok {tmp_path}/a.yaml: a.b")
    assert [line.split(": expected")[0] for line in done.stderr.splitlines()] == [
        f"error: {calendar}, line 1, field country",
        f"error: {calendar}, line 2, field events",
    ]


def test_two_files_named_on_the_command_line_may_not_watch_one_table(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("table: a.b\n")
    done = run(str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: a.b is watched by both {tmp_path}/a.yaml, line 1, and {tmp_path}/b.yaml, line 1: "
        "expected one file of a table; remove one\n"
    )


@pytest.mark.parametrize("name", ["X.YAML", "x.Yml"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_file_that_looks_like_a_tables_and_is_never_uploaded_is_named(
    tmp_path: Path, name: str, alone: bool
) -> None:
    (tmp_path / name).write_text("table: a.b\n")
    (tmp_path / "README.md").write_text("of no table\n")
    if not alone:
        (tmp_path / "y.yaml").write_text("table: a.c\n")
    said = (
        f"error: {tmp_path / name}: expected a name that ends in .yaml or .yml, in small letters; "
        "this file is not read: rename it\n"
    )
    for where in (tmp_path, tmp_path / name):
        done = run(str(where))
        assert (done.exit_code, done.stderr) == (1, said)
        assert "a.b" not in done.stdout


def test_who_has_no_cloud_yet_is_told_what_to_do_on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    done = run("--against-tables")
    assert done.exit_code == 1
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == (
        "--against-tables: expected a project whose tables to look at, came no GOOGLE_CLOUD_PROJECT; on a "
        "laptop start `sekisho up` and run the `export …` line it prints; for tables in the cloud, "
        "export GOOGLE_CLOUD_PROJECT with the project's id"
    )


BEGINNERS: dict[str, tuple[bytes, str]] = {
    "tab": (
        b"table: a.b\nkpis:\n\tctr: clicks / views\n",
        ", line 3: expected spaces at the start, came a tab",
    ),
    "indentation": (
        b"table: a.b\nkpis:\n  include: [a]\n ctr: a / b\n",
        ", line 4: expected every name or - of one mapping or list to begin in the same column, came another",
    ),
    "no space": (
        b"table:a.b\n",
        ", line 1: expected a mapping (name: value), came the text 'table:a.b', in which no name is "
        "followed by a colon (:) and a space",
    ),
    "wide colon": (
        "table：a.b\n".encode(),
        ", line 1: expected a mapping (name: value), came the text 'table：a.b', in which no name is "
        "followed by a colon (:) and a space",
    ),
    "open list": (
        b"table: a.b\nkpis: [a, b\nowner: x\n",
        ", line 3: expected ',' or ']' of what begins in line 2, came ':'",
    ),
    "open quote": (
        b"table: a.b\nowner: '@a\n",
        ", line 3: expected the closing quote of what begins in line 2, came the end",
    ),
    "bare @": (
        b"table: a.b\nowner: @a\n",
        ", line 2: expected quotes around a value that starts with @, came none",
    ),
    "bare backtick": (
        b"table: a.b\nkpis:\n  r: `a b` / c\n",
        ", line 3: expected quotes around a value that starts with `, came none",
    ),
    "twice": (
        b"table: a.b\nowner: '@a'\nowner: '@b'\n",
        ", line 3: expected each name once, came 'owner' again",
    ),
    "windows": (
        b"\xef\xbb\xbftable: a.b\r\narrives_by: 25:00\r\n",
        ", line 2, field arrives_by: expected a time of day from 00:00 to 23:59, came '25:00'",
    ),
    "Shift JIS": (
        "table: a.b\nkpis: [クリック数]\n".encode("shift_jis"),
        ", line 2: expected UTF-8, came byte 0x83",
    ),
    "UTF-16": (
        "table: a.b\n".encode("utf-16"),
        ", line 1: expected UTF-8, came byte 0xff",
    ),
    "two documents": (
        b"table: a.b\n---\ntable: a.c\n",
        ", line 2: expected one document of YAML, came another document",
    ),
    "list": (
        b"- table: a.b\n",
        ", line 1: expected a mapping (name: value), came list",
    ),
    "nothing": (
        b"# table: a.b\n",
        ", line 1: expected a mapping (name: value), came nothing",
    ),
    "no": (
        b"table: a.b\nevents: no\n",
        ", line 2, field events: expected none, or a list of events such as [winter sale], came 'no';"
        " did you mean `none`?",
    ),
    "on": (
        b"table: a.b\ndirection: on\n",
        ", line 2, field direction: expected both, up or down, came 'on'",
    ),
    "time zone": (
        b"table: a.b\ntime_zone: Asia/Tokio\n",
        ", line 2, field time_zone: expected a time zone such as Asia/Tokyo, came 'Asia/Tokio'; did "
        "you mean `Asia/Tokyo`?",
    ),
    "event": (
        b"table: a.b\nevents: [wintersale]\n",
        ", line 2, field events #1: expected an event of the calendar, came 'wintersale'; did you "
        "mean `winter sale`?",
    ),
    "by zero": (
        b"table: a.b\nkpis: {r: a / 0}\n",
        ", line 2, field kpis.r: expected clicks / impressions, mean(clicks) or mean(clicks, weight),"
        " came 'a / 0'",
    ),
    "formula in a list": (
        b"table: a.b\nkpis:\n  - r: a / b\n",
        ", line 3, field kpis #1: expected a column's name such as clicks (a formula is a line of "
        "kpis itself, as include is), came mapping",
    ),
    "comma": (
        b"table: a.b\nkpis: clicks, orders\n",
        ", line 2, field kpis: expected a list of columns, or a mapping of include, exclude and "
        "formulas such as ctr: clicks / impressions, came 'clicks, orders'",
    ),
}


@pytest.mark.parametrize("name", BEGINNERS)
def test_what_somebody_new_writes_wrong_is_told_with_file_line_and_what_was_expected(
    tmp_path: Path, name: str
) -> None:
    content, said = BEGINNERS[name]
    (tmp_path / "new.yaml").write_bytes(content)
    done = run(str(tmp_path))
    assert done.exit_code == 1
    assert done.stderr == f"error: {tmp_path}/new.yaml{said}\n"


def test_what_somebody_new_writes_right_is_taken(tmp_path: Path) -> None:
    right = {
        "bom": b"\xef\xbb\xbftable: a.bom\r\narrives_by: 9:00\r\n",
        "json": b'{"table": "a.json", "kpis": ["clicks"], "arrives_by": "09:00"}',
        "no": b"table: a.no\nkpis: {no: on / off}\n",
        "flexible": "table: a.日次\nkpis: [クリック数, cart adds]\n".encode(),
    }
    for name, content in right.items():
        (tmp_path / f"{name}.yaml").write_bytes(content)
    done = run(str(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "a.日次: クリック数, cart adds; due the next day by 09:00" in done.stdout


def test_a_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert done.exit_code == 1
    assert f"error: {tmp_path}: expected at least one KPI table's file" in done.stderr


def test_the_schema_is_written_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = tmp_path / "schema.json"
    monkeypatch.setattr(command, "SCHEMA", schema)
    done = run("--write-schema")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"wrote {schema}\n")
    assert schema.read_text(encoding="utf-8") == command.schema_text()


def test_offline_no_network_library_is_loaded() -> None:
    program = (
        "import sys; from infra.cli.check_config import check_config; check_config();"
        "print([name for name in ('google.api_core', 'requests', 'urllib3', 'grpc') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")
