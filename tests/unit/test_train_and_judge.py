"""sekisho train and sekisho judge, from a CSV file to a model to a table of verdicts."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import model_folder
from infra.cli.main import app
from shared.errors import BadRow, ModelMissing, SekishoError, TrainingRefused
from shared.spam.posts import LONGEST_BODY

LURES = [
    "誰でも簡単に稼げる副業です",
    "権利収入で自由な生活を",
    "スマホだけで月収百万円",
    "紹介するだけで報酬がもらえます",
]
JOBS = [
    "データ入力のお仕事です",
    "記事の執筆をお願いします",
    "ロゴの制作を依頼します",
    "翻訳と校正の案件です",
]
COMMON = [
    "詳しくはご連絡ください",
    "未経験の方も歓迎します",
    "納期は来週です",
    "在宅で作業できます",
    "よろしくお願いします",
]


@dataclass(frozen=True)
class Done:
    """What a command wrote and how it ended."""

    exit_code: int
    out: str
    err: str
    error: BaseException | None


def run(*arguments: str | Path) -> Done:
    found = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return Done(found.exit_code, found.stdout, found.stderr, found.exception)


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def labelled(many: int = 400) -> list[dict[str, str]]:
    random, rows = Random(4), []
    for number in range(many):
        posted_at = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=number)
        violates = random.random() < 0.4
        text = random.sample(LURES if violates else JOBS, 2) + random.sample(COMMON, 2)
        rows.append(
            {
                "post_id": f"p-{number}",
                "posted_at": posted_at.isoformat(),
                "title": text[0],
                "body": "<p>" + "</p><p>".join(text) + f"</p>{number}",
                "label": "violation" if violates else "ok",
            }
        )
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def key_of_the_test(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEKISHO_MODEL_KEY", raising=False)
    monkeypatch.setattr(model_folder, "KEY_FILE", home / "model.key")


@pytest.fixture(scope="module")
def model(home: Path) -> Path:
    """A model `sekisho train` made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SEKISHO_MODEL_KEY", raising=False)
        patch.setattr(model_folder, "KEY_FILE", home / "model.key")
        done = run("train", "--posts", write(home / "labelled.csv", labelled()), "--out", home / "model")
    assert done.error is None, done
    assert "Bayesian filter" in done.out
    assert "banned words" in done.out
    assert "learnt from 400 posts" in done.out
    return home / "model"


POSTS = [
    {"post_id": "lure", "title": "副業", "body": "<b>簡単に稼げる</b>副業。権利収入で月収百万円"},
    {"post_id": "job", "title": "入力", "body": "データ入力と記事の執筆のお仕事です"},
    {"post_id": "nothing", "title": "", "body": "★☆★"},
    {"post_id": "long", "title": "", "body": "x" * (LONGEST_BODY + 1)},
]


def judged(model: Path, tmp_path: Path, *options: str) -> list[dict[str, Any]]:
    done = run("judge", write(tmp_path / "posts.csv", POSTS), "--model", model, "--json", *options)
    assert done.error is None, done
    assert "judged 4 posts" in done.err
    assert "posts/s" in done.err
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def test_what_was_trained_judges_posts_it_never_saw(model: Path, tmp_path: Path) -> None:
    found = {row["post_id"]: row for row in judged(model, tmp_path)}
    assert list(found) == ["lure", "job", "nothing", "long"]
    assert found["lure"]["action"] == "take_down"
    assert found["job"]["action"] != "take_down"
    assert found["lure"]["score"] > found["nothing"]["score"] > found["job"]["score"]
    assert found["lure"]["reasons"][0]["weight"] > 0
    assert found["nothing"]["note"] == "no words to judge by"
    assert (found["long"]["action"], found["long"]["score"]) == ("review", None)
    assert "too long" in found["long"]["note"]


def test_json_has_the_same_fields_for_every_post(model: Path, tmp_path: Path) -> None:
    fields = {"post_id", "action", "score", "violation_class", "reasons", "note", "model_version"}
    assert all(set(row) == fields for row in judged(model, tmp_path))


def test_the_most_suspicious_come_first_where_only_some_are_asked_for(model: Path, tmp_path: Path) -> None:
    assert [row["post_id"] for row in judged(model, tmp_path, "--top", "2")] == ["long", "lure"]


def test_a_table_shows_verdicts_and_no_post_can_steer_the_terminal(model: Path, tmp_path: Path) -> None:
    tricky = {"post_id": "p\x1b[2J[bold]", "title": "\x1b]0;owned\x07題[red]", "body": "稼げる副業\x1b[1m"}
    done = run("judge", write(tmp_path / "posts.csv", [tricky]), "--model", model)
    assert done.error is None
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
    assert "[bold]" in done.out


def test_an_empty_file_of_posts_is_judged_to_nothing(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("post_id,title,body\n")
    done = run("judge", file, "--model", model, "--json")
    assert (json.loads(done.out), done.exit_code) == ([], 0)
    assert "no posts" in done.err


def test_training_twice_gives_the_same_model(model: Path, home: Path, tmp_path: Path) -> None:
    assert run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "again").error is None
    assert (tmp_path / "again" / "model.pickle").read_bytes() == (model / "model.pickle").read_bytes()


def refusal(*arguments: str | Path) -> SekishoError:
    done = run(*arguments)
    assert isinstance(done.error, SekishoError), done
    assert done.exit_code != 0
    return done.error


def test_judging_without_a_model_says_how_to_train_one(tmp_path: Path) -> None:
    error = refusal("judge", write(tmp_path / "posts.csv", POSTS[:1]), "--model", tmp_path / "none")
    assert isinstance(error, ModelMissing)
    assert f"sekisho train --posts POSTS.csv --out {tmp_path / 'none'}" in str(error)


def test_a_wrong_row_is_told_by_both_commands(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    file.write_text("post_id,title,body\n,t,b\n")
    assert isinstance(refusal("judge", file, "--model", model), BadRow)
    assert isinstance(refusal("train", "--posts", file, "--out", tmp_path / "m"), BadRow)


def test_a_refused_training_says_why_and_leaves_the_old_model(model: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    file = write(tmp_path / "few.csv", labelled(60))
    error = refusal("train", "--posts", file, "--out", model)
    assert isinstance(error, TrainingRefused)
    assert str(error).startswith(f"{file}: no model was made. too few labels")
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_real_base_rate_is_kept_in_the_passport(home: Path, model: Path, tmp_path: Path) -> None:
    done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m", "--base-rate", "0.05")
    assert done.error is None
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["base_rate"]["value"] == 0.05
    assert manifest["figures"]["bayes"]["base_rate"] == 0.05
    assert run("train", "--posts", home / "labelled.csv", "--base-rate", "1.5").exit_code == 2
