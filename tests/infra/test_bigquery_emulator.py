"""BigQuery's emulator, made quick, answers as it does by itself."""

import json
import os
import subprocess
from typing import Any

import pytest

from infra.local.emulators import ROOT

VENV = ROOT / ".local/venvs/local-bigquery"
SCRIPT = ROOT / "infra/local/bigquery_emulator.py"
type Answers = dict[str, Any]
ASK = """
import importlib.util, json, sys
from pathlib import Path
import duckdb
from local_bigquery.catalog import datasets, tables
from local_bigquery.engine import database
from local_bigquery.errors import BigQueryError
from local_bigquery.settings import settings
from local_bigquery.sql.rules import partitions
from sqlglot import exp

spec = importlib.util.spec_from_file_location("bigquery_emulator", sys.argv[2])
bigquery_emulator = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bigquery_emulator)
settings.data_dir = Path(sys.argv[1])
for project in ("shop-a", "shop-b"):
    database.attach(project)
for sql in (
    'CREATE SCHEMA "shop-a".day',
    'CREATE SCHEMA "shop-a".empty',
    'CREATE SCHEMA "shop-a".gone',
    'CREATE TABLE "shop-a".gone.sales (n INT)',
    'CREATE SCHEMA "shop-b".day',
    'CREATE TABLE "shop-a".day.sales (id BIGINT NOT NULL, note VARCHAR, parts STRUCT(n INT, t VARCHAR[])[])',
    'CREATE TABLE "shop-a".day."with space" ("_PARTITIONTIME" TIMESTAMPTZ, n INT)',
    'CREATE TABLE "shop-a".day.dropped (n INT)',
    'CREATE TABLE "shop-b".day.sales (other DOUBLE)',
    'CREATE VIEW "shop-a".day.seen AS SELECT id, note FROM "shop-a".day.sales',
    'INSERT INTO "shop-a".day.sales SELECT i, i::VARCHAR, [] FROM range(7) AS r(i)',
    'DELETE FROM "shop-a".day.sales WHERE id < 2',
    'CREATE VIEW "shop-a".day.broken AS SELECT * FROM "shop-a".day.dropped',
    'DROP TABLE "shop-a".day.dropped',
    'ALTER TABLE "shop-a".day.sales ADD COLUMN late DATE',
    'DROP SCHEMA "shop-a".gone CASCADE',
    'CREATE TABLE emulator._results."shop-a:job" AS SELECT 1 AS one UNION ALL SELECT 2',
):
    database.execute(sql)

def ask(of, *names):
    try:
        return of(*names)
    except BigQueryError as error:
        return error.reason
    except duckdb.Error as error:
        return type(error).__name__

def ask_all():
    wanted = [("shop-a", "day", name) for name in ("sales", "seen", "with space", "dropped")]
    wanted += [("shop-a", "day", name) for name in ("broken", "none")]
    wanted += [("shop-b", "day", "sales"), ("shop-b", "no", "sales"), ("emulator", "_results", "shop-a:job")]
    wanted += [("emulator", "_results", "none"), ("unknown", "day", "sales"), ("shop-a", "gone", "sales")]
    told = {}
    for names in wanted:
        parts = dict(zip(("catalog", "db", "this"), (exp.to_identifier(name) for name in names)))
        found = ask(tables.columns, *names)
        told["/".join(names)] = [
            database.objects(*names),
            found if isinstance(found, str) else [column.dump() for column in found],
            partitions._hidden(exp.Table(**parts)),
        ]
    for project in ("shop-a", "shop-b", "unknown"):
        for dataset in ("day", "DAY", "empty", "gone", "none", "main"):
            names = project, dataset
            told["/".join(names)] = [datasets.exists(*names), database.objects(*names)]
    return told

own = ask_all()
bigquery_emulator.make_quick()
print(json.dumps([own, ask_all()], default=str))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Answers]:
    """What the emulator itself tells of each table and dataset, and what it tells once made quick."""
    done = subprocess.run(
        (str(VENV / "bin/python"), "-c", ASK, str(tmp_path_factory.mktemp("lake")), str(SCRIPT)),
        env={**os.environ, "HOME": str(VENV)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    own, quick = json.loads(done.stdout)
    return own, quick


def test_tables_views_columns_and_datasets_are_told_alike(answers: tuple[Answers, Answers]) -> None:
    own, quick = answers
    assert quick == own


def test_what_was_asked_for_was_there_to_be_told(answers: tuple[Answers, Answers]) -> None:
    _, quick = answers
    assert quick["shop-a/day/sales"][0] == [["sales", "TABLE", 7]], "an estimate: deleted rows count"
    assert [column["name"] for column in quick["shop-a/day/sales"][1]] == ["id", "note", "parts", "late"]
    assert quick["shop-a/day/sales"][1][0]["mode"] == "REQUIRED"
    assert quick["shop-a/day/seen"][0] == [["seen", "VIEW", 0]]
    assert quick["shop-a/day/with space"][2] is True, "its time of ingestion is hidden"
    assert quick["shop-a/day/dropped"] == [[], "notFound", False]
    assert quick["emulator/_results/shop-a:job"][0] == [["shop-a:job", "TABLE", 2]]
    assert [name for name, _, _ in quick["shop-a/day"][1]] == ["broken", "sales", "seen", "with space"]
    assert quick["shop-a/gone"] == [False, []]
