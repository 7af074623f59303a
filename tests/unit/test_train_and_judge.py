"""sekisho train and sekisho judge, from a CSV file to a model to a table of verdicts."""

import csv
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli import model_folder
from infra.cli.judge import MOST_SHOWN
from infra.cli.main import app
from infra.cli.train import first_look_line, thresholds_line
from shared.errors import BadRow, ConfigError, ModelMissing, SekishoError, TrainingRefused
from shared.spam.features import FEATURES
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


def test_json_has_where_a_reason_stands_in_the_post_as_it_was_written(model: Path, tmp_path: Path) -> None:
    found = {row["post_id"]: row for row in judged(model, tmp_path)}
    told = {
        (one["token"], POSTS[0][place["field"]][place["start"] : place["end"]])
        for one in found["lure"]["reasons"]
        for place in one["places"]
    }
    assert told
    assert all(text == token for token, text in told if token.isalpha()), told
    assert all(one["places"] == [] for one in found["job"]["reasons"]), "nobody asks why a post was left"


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
    assert " in the file, came " in str(error)
    assert "window" not in str(error)
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_real_base_rate_is_kept_in_the_passport(home: Path, model: Path, tmp_path: Path) -> None:
    done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m", "--base-rate", "0.05")
    assert done.error is None
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["base_rate"]["value"] == 0.05
    assert manifest["figures"]["bayes"]["base_rate"] == 0.05
    assert run("train", "--posts", home / "labelled.csv", "--base-rate", "1.5").exit_code == 2


def rules_of(folder: Path) -> tuple[float | None, float | None]:
    rules = json.loads((folder / "manifest.json").read_text())["rules"]
    return rules["take_down_precision"], rules["max_wrong_takedowns_per_day"]


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ((), (0.9, None)),
        (("--min-precision", "0.7"), (0.7, None)),
        (("--max-wrong-per-day", "2"), (None, 2.0)),
        (("--min-precision", "0.7", "--max-wrong-per-day", "2"), (0.7, 2.0)),
    ],
    ids=["neither", "a precision", "a number a day", "both"],
)
def test_what_takedowns_must_keep_to_is_told_in_two_ways(
    options: tuple[str, ...],
    rules: tuple[float | None, float | None],
    model: Path,
    home: Path,
    tmp_path: Path,
) -> None:
    done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m", *options)
    assert done.error is None, done
    assert rules_of(tmp_path / "m") == rules


def test_a_number_a_day_of_undated_posts_is_refused(tmp_path: Path) -> None:
    rows = [{name: row[name] for name in ("post_id", "body", "label")} for row in labelled()]
    file = write(tmp_path / "undated.csv", rows)
    few = ("--max-wrong-per-day", "2")
    error = refusal("train", "--posts", file, "--out", tmp_path / "m", *few)
    assert isinstance(error, ConfigError)
    assert str(error).startswith(f"--max-wrong-per-day: expected a column posted_at in {file}")
    assert not (tmp_path / "m").exists()


def test_a_filter_is_learnt_from_the_features_that_are_named(
    model: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def features(*options: str) -> list[str]:
        done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m", *options)
        assert done.error is None, done
        found: list[str] = json.loads((tmp_path / "m" / "manifest.json").read_text())["features"]
        return found

    assert features() == list(FEATURES)
    assert features("--features", "structure, words") == ["words", "structure"]
    assert features("--features", "characters") == ["characters"]
    judged = run("judge", home / "labelled.csv", "--model", tmp_path / "m", "--json", "--top", "3")
    assert all(one["action"] != "leave" for one in json.loads(judged.out))
    monkeypatch.setenv("SEKISHO_FEATURES", "words,masks")
    assert features() == ["words", "masks"]
    assert features("--features", "words") == ["words"]


def test_features_nobody_knows_are_told_before_a_post_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = ("train", "--posts", tmp_path / "none.csv", "--out", tmp_path / "m")
    assert str(refusal(*none, "--features", "wrods")).startswith("--features: expected some of words, ")
    monkeypatch.setenv("SEKISHO_FEATURES", "words,words")
    assert str(refusal(*none)).startswith("SEKISHO_FEATURES: expected some of words, ")


def many_posts(tmp_path: Path, many: int) -> Path:
    rows = [{"post_id": f"n-{number}", "title": "", "body": JOBS[number % 4]} for number in range(many - 1)]
    return write(tmp_path / "many.csv", [*rows, POSTS[0]])


def shown(out: str) -> list[str]:
    return re.findall(r"n-\d+|lure", out)


def test_of_many_posts_the_most_suspicious_are_shown(model: Path, tmp_path: Path) -> None:
    done = run("judge", many_posts(tmp_path, MOST_SHOWN + 23), "--model", model)
    assert shown(done.out)[0] == "lure"
    assert len(shown(done.out)) == MOST_SHOWN
    assert "the 100 most suspicious are shown and 23 left out: --top N or --json shows more" in done.err


def test_up_to_100_posts_are_all_shown_in_the_file_s_order(model: Path, tmp_path: Path) -> None:
    done = run("judge", many_posts(tmp_path, MOST_SHOWN), "--model", model)
    assert shown(done.out) == [f"n-{number}" for number in range(MOST_SHOWN - 1)] + ["lure"]
    assert "left out" not in done.err


def test_json_and_top_give_as_many_as_were_asked_for(model: Path, tmp_path: Path) -> None:
    file = many_posts(tmp_path, MOST_SHOWN + 23)
    done = run("judge", file, "--model", model, "--json")
    assert [row["post_id"] for row in json.loads(done.out)][-1] == "lure"
    assert len(json.loads(done.out)) == MOST_SHOWN + 23
    done = run("judge", file, "--model", model, "--top", "110")
    assert len(shown(done.out)) == 110
    assert "left out" not in done.err


def test_an_unusable_folder_is_told_before_a_post_is_read(tmp_path: Path) -> None:
    error = refusal("train", "--posts", tmp_path / "none.csv", "--out", "/proc")
    assert isinstance(error, ConfigError)
    assert str(error).startswith("/proc: expected a folder to keep a model in")


def test_a_refused_training_makes_no_folder(tmp_path: Path) -> None:
    refusal("train", "--posts", write(tmp_path / "few.csv", labelled(60)), "--out", tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "arguments", [("train", "--posts", "p.csv", "--out", ""), ("judge", "p.csv", "--model", "")]
)
def test_an_empty_name_is_no_folder(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "came an empty name" in done.err


def test_nothing_is_drawn_where_no_terminal_is(home: Path, model: Path, tmp_path: Path) -> None:
    done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m")
    assert done.err == ""
    assert not done.out.startswith("\n")


def test_a_model_that_takes_nothing_down_says_why() -> None:
    passport: dict[str, Any] = {
        "thresholds": {"review": 0.25, "take_down": None},
        "rules": {"take_down_precision": 0.9},
        "take_down_withheld": "no score reached a precision of 0.90 among the 20 ordinary posts",
    }
    assert "only sends posts to review (from score 0.250): no score reached" in thresholds_line(passport)
    withheld = thresholds_line(passport | {"take_down_withheld": "the base rate is not known"})
    assert withheld.endswith(": the base rate is not known.")
    acting = thresholds_line(passport | {"thresholds": {"review": 0.25, "take_down": 0.75}})
    assert acting == "take_down from score 0.750, review from 0.250"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ({}, "every post is read in full"),
        ({"wanted": 12, "left_early": 0.0, "wrongly": 0}, "every post is read in full"),
        ({"wanted": 400, "left_early": 0.853, "wrongly": 0}, "85% of the posts are left alone at first look"),
    ],
    ids=["a blend", "too few to be found", "first looks"],
)
def test_it_says_how_many_posts_need_not_be_read_in_full(report: dict[str, float], said: str) -> None:
    assert said in first_look_line({"first_look": report})


def test_the_help_names_every_column_at_80_columns() -> None:
    found = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    for column in ("post_id", "posted_at", "title", "body", "label", "violation_class"):
        assert re.search(rf"\b{column}\b", found.stdout), column
    assert "…" not in found.stdout
    for feature in FEATURES:
        assert re.search(rf"\b{feature}\b", found.stdout.partition("--features")[2]), feature


def test_a_blend_can_be_learnt_and_judges(home: Path, tmp_path: Path) -> None:
    done = run("train", "--posts", home / "labelled.csv", "--out", tmp_path / "m", "--detector", "blend")
    assert done.exit_code == 0, done.err
    assert "blend, take down" in done.out
    assert "Bayesian filter" not in done.out
    judged = run("judge", home / "labelled.csv", "--model", tmp_path / "m", "--json", "--top", "3")
    found = json.loads(judged.out)
    assert len(found) == 3
    assert all(one["reasons"] for one in found)
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["version"].startswith("blend-")
