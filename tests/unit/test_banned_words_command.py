"""sekisho banned-words, from a CSV and a list to tables and JSON, and what it says of wrong ones."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from shared.errors import BadRow, ConfigError

DATA = Path(__file__).parents[3] / "shared/data/posts"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["banned-words", *map(str, arguments)], env={"COLUMNS": "100"})


def posts_file(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["post_id", "posted_at", "body", "label"])
        writer.writerows((f"p-{number}", *row) for number, row in enumerate(rows))
    return path


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    day = "2026-11-{:02d}T09:00:00+09:00"
    rows = [
        (
            day.format(1 + n % 28),
            "誰でも稼げる副業" if n % 2 else "副業務の online 入力",
            "violation" if n % 2 else "ok",
        )
        for n in range(80)
    ]
    return posts_file(tmp_path / "posts.csv", rows)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("# 見出し\n[affiliate_lure]\n副業\nline\n[other]\n情報商材\n", encoding="utf-8")
    return path


def test_the_list_is_looked_through(posts: Path, words: Path, tmp_path: Path) -> None:
    done = run(posts, "--list", words, "--base-rate", "0.05", "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    assert "80 posts, 40 violating; precision at 5.0% violations" in done.stdout
    assert "2026-11-28" in done.stdout
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert told["rows"]["base_rate"] == 0.05
    found = {one["word"]: one for one in told["words"]}
    assert list(found) == ["副業", "line", "情報商材"]
    assert found["副業"]["violation_class"] == "affiliate_lure"
    assert found["副業"]["only_within_longer_words"] == 40
    assert found["副業"]["longer_words"] == ["業務"]
    assert found["副業"]["precision"] == pytest.approx(0.05)
    assert found["line"]["longer_words"] == ["online"]
    assert found["情報商材"] | {"can_go": "finds nothing", "last_hit": None} == found["情報商材"]
    (suggested,) = told["suggestions"]["words"]
    assert suggested["word"] == "稼げる"
    before, after = told["suggestions"]["held_out_before"], told["suggestions"]["held_out_after"]
    assert (before["precision"], before["recall"]) == (pytest.approx(0.05), 1)
    assert (after["precision"], after["recall"]) == (1, 1), "without 副業 and line, with 稼げる"


def test_without_times_no_last_hit_is_told(tmp_path: Path, words: Path) -> None:
    path = posts_file(tmp_path / "posts.csv", [("", "副業", "violation"), ("", "事務", "ok")] * 3)
    done = run(path, "--list", words, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    assert "1970" not in done.stdout
    told = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [one["last_hit"] for one in told["words"]] == [None] * 3
    assert "no words suggested: expected 20 of either kind" in done.stdout


def test_the_project_s_own_list_is_the_default(posts: Path) -> None:
    done = run(posts)
    assert done.exit_code == 0, done.output
    assert "情報商材" in done.stdout


def error_of(done: Result) -> str:
    assert isinstance(done.exception, BadRow | ConfigError), done.output
    return str(done.exception)


def test_a_wrong_list_is_told_with_its_line(posts: Path, words: Path) -> None:
    words.write_text("副業\n(\n", encoding="utf-8")
    assert error_of(run(posts, "--list", words)).startswith(f"{words}, line 2: expected an RE2 pattern")
    words.write_bytes("副業\n".encode() + "稼げる".encode("cp932"))
    assert error_of(run(posts, "--list", words)).startswith(f"{words}, line 2: expected UTF-8")
    assert "expected a file" in error_of(run(posts, "--list", words.with_name("none.txt")))


def test_a_wrong_csv_is_told_with_its_line(tmp_path: Path, words: Path) -> None:
    path = posts_file(tmp_path / "posts.csv", [("", "副業", "violation"), ("", "事務", "maybe")])
    assert "line 3, column label: expected violation or ok" in error_of(run(path, "--list", words))
    one_sided = posts_file(tmp_path / "posts.csv", [("", "副業", "violation")])
    assert "expected violating and ordinary posts, came 1 and 0" in error_of(run(one_sided, "--list", words))
    nowhere = run(one_sided, "--list", words, "--json", tmp_path / "none" / "out.json")
    assert "--json: expected a file in a folder that is there" in error_of(nowhere)


def test_a_post_can_not_steer_the_terminal(tmp_path: Path, words: Path) -> None:
    path = posts_file(
        tmp_path / "posts.csv", [("", "on\x1b[31mline", "violation"), ("", "[red]online[/red]", "ok")]
    )
    done = run(path, "--list", words)
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("name", ["youtube_en", "job_scams_en"])
def test_real_posts_are_looked_through(name: str, tmp_path: Path) -> None:
    path = DATA / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here: the data is not part of the project")
    words = tmp_path / "words.txt"
    words.write_text("check\nsubscribe\nmoney\nqqqqqqqq\n", encoding="utf-8")
    done = run(path, "--list", words, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert told["words"][3]["can_go"] == "finds nothing"
    after, before = told["suggestions"]["held_out_after"], told["suggestions"]["held_out_before"]
    assert after["recall"] >= before["recall"]
    if name == "job_scams_en":
        assert after["recall"] > 2 * before["recall"]
        assert after["precision"] > before["precision"]
