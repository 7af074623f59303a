"""sekisho evaluate as an operator runs it: real files in, a table, JSON and a page out."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any, override

import pytest

from shared.errors import BadRow, ConfigError, SekishoError, TrainingRefused
from shared.spam.features import FEATURES
from shared.spam.posts import LONGEST_BODY
from tests.command_line import Done, run_command

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "posts"
LURES = ["誰でも簡単に稼げる副業", "権利収入で自由な生活", "スマホだけで月収百万円", "紹介するだけで報酬"]
JOBS = ["データ入力のお仕事", "記事の執筆をお願い", "ロゴの制作を依頼", "翻訳と校正の案件"]
THINGS = list("犬猫山川海空車店駅町花木森島橋塔鳥魚馬牛米茶酒塩紙布糸針鏡箱")
KEYS = {
    "average_precision",
    "recall_at_precision",
    "threshold",
    "thresholds_found",
    "precision",
    "recall",
    "f1",
    "best_f1",
    "calibration_error",
    "train_seconds",
    "judge_microseconds",
    "model_bytes",
}
TIMES = ("train_seconds", "judge_microseconds")


def run(*arguments: str | Path) -> Done:
    return run_command("evaluate", *arguments)


def refusal(*arguments: str | Path) -> SekishoError:
    error = run(*arguments).error
    assert isinstance(error, SekishoError), error
    return error


def rows(many: int, dated: bool = False, seed: int = 1, rate: float = 0.4) -> list[dict[str, str]]:
    random, found = Random(seed), []
    for number in range(many):
        violates = random.random() < rate
        said = random.choice(LURES if violates != (random.random() < 0.1) else JOBS)
        body = said + "".join(random.choices(THINGS, k=24))
        found.append(
            {
                "post_id": f"p-{seed}-{number}",
                "posted_at": (datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=6 * number)).isoformat()
                if dated
                else "",
                "title": "",
                "body": f"<p>{body}</p>",
                "label": "violation" if violates else "ok",
                "violation_class": random.choice(["lure", "paid_reviews"]) if violates else "",
            }
        )
    return found


def write(path: Path, posts: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(posts[0]))
        writer.writeheader()
        writer.writerows(posts)
    return path


def figures(out: Path, *arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json", out)
    assert done.error is None, (done.error, done.err)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def undated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("undated") / "posts.csv", rows(160))


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("dated") / "posts.csv", rows(200, dated=True))


def test_json_has_the_documented_shape(undated: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "out.json", undated)
    assert set(found) == {"rows", "detectors"}
    assert list(found["detectors"]) == ["banned_words", "bayes", "blend"]
    for entry in found["detectors"].values():
        assert set(entry) == KEYS
        assert list(entry["recall_at_precision"]) == ["0.90", "0.95", "0.99"]
        assert 0 < entry["judge_microseconds"]["p50"] <= entry["judge_microseconds"]["p99"]
        assert entry["train_seconds"] > 0
        assert entry["model_bytes"] > 0
        assert 0 <= entry["calibration_error"] <= 1
        assert entry["f1"] <= entry["best_f1"] + 0.1
    assert found["rows"] == {
        "protocol": "grouped_folds",
        "posts": 160,
        "violations": sum(row["label"] == "violation" for row in rows(160)),
        "groups": found["rows"]["groups"],
        "folds": 5,
        "examined": 160,
        "examined_violations": found["rows"]["violations"],
        "copies_left_out": 0,
        "too_long": 0,
        "base_rate": round(found["rows"]["violations"] / 160, 6),
        "base_rate_source": "examined rows",
        "min_precision": 0.9,
        "features": list(FEATURES),
    }


def test_every_detector_learns_what_tells_the_kinds_apart(undated: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "out.json", undated)
    for entry in found["detectors"].values():
        assert entry["average_precision"] > found["rows"]["base_rate"] + 0.2


def test_the_same_file_gives_the_same_figures(undated: Path, tmp_path: Path) -> None:
    found = [figures(tmp_path / f"{run}.json", undated, "--balanced", "20") for run in (1, 2)]
    for each in found:
        for entry in each["detectors"].values():
            for key in TIMES:
                del entry[key]
    assert found[0] == found[1]


def test_dated_posts_are_examined_in_time_order(dated: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "out.json", dated, "--detectors", "bayes")["rows"]
    assert (found["protocol"], found["folds"]) == ("time_order", 5)
    assert found["examined"] + found["copies_left_out"] == 100


def two_files(folder: Path, train: list[dict[str, str]], test: list[dict[str, str]]) -> list[str | Path]:
    return ["--train", write(folder / "train.csv", train), "--test", write(folder / "test.csv", test)]


def test_copies_are_left_out_of_later_blocks_and_of_a_test_file(tmp_path: Path) -> None:
    posts = rows(200, dated=True)
    for number in range(150, 170):
        posts[number] |= {
            "body": posts[number - 140]["body"].upper() + "!!",
            "label": posts[number - 140]["label"],
        }
    out = tmp_path / "out.json"
    found = figures(out, write(tmp_path / "a.csv", posts), "--detectors", "banned_words")
    assert found["rows"]["copies_left_out"] == 20
    train, test = rows(100, seed=2), rows(60, seed=3)
    test[0]["body"] = train[0]["body"]
    done = run(*two_files(tmp_path, train, test), "--detectors", "banned_words", "--json", out)
    found = json.loads(out.read_text())["rows"]
    assert (found["protocol"], found["folds"], found["posts"]) == ("train_test", 1, 160)
    assert (found["examined"], found["copies_left_out"]) == (59, 1)
    assert "1 of 60 left out as near-copies of posts that teach" in " ".join(done.out.split())


@pytest.mark.parametrize("detector", ["banned_words", "bayes", "blend"])
def test_two_files_that_number_their_rows_alike_are_strangers(detector: str, tmp_path: Path) -> None:
    """The same number is another post: it is examined, and by its own text."""
    apart = two_files(tmp_path, rows(100, seed=2), rows(60, seed=3))
    own = figures(tmp_path / "a.json", *apart, "--detectors", detector)
    train, test = rows(100, seed=2), rows(60, seed=3)
    for posts in (train, test):
        for number, post in enumerate(posts):
            post["post_id"] = str(number)
    same = figures(tmp_path / "b.json", *two_files(tmp_path, train, test), "--detectors", detector)
    assert (same["rows"]["examined"], same["rows"]["copies_left_out"]) == (60, 0)
    for found in (own, same):
        for key in TIMES:
            del found["detectors"][detector][key]
    assert same == own


def test_copies_stay_together_whatever_their_ids(tmp_path: Path) -> None:
    """A text learnt by heart from its copy would be judged perfectly; held together, nobody can know it."""
    random, posts = Random(4), []
    for number in range(60):
        body, label = "".join(random.choices(THINGS, k=30)), random.choice(["violation", "ok"])
        posts += [
            {"post_id": f"{number * 7919 % 61}-{copy}", "body": f"{body}{copy}", "label": label}
            for copy in "123"
        ]
    found = figures(tmp_path / "out.json", write(tmp_path / "a.csv", posts), "--detectors", "bayes")
    assert found["rows"]["groups"] == 60
    assert found["detectors"]["bayes"]["average_precision"] < 0.75


def test_the_base_rate_weighs_every_figure(undated: Path, tmp_path: Path) -> None:
    own = figures(tmp_path / "a.json", undated, "--detectors", "banned_words")["detectors"]["banned_words"]
    rare = figures(tmp_path / "b.json", undated, "--detectors", "banned_words", "--base-rate", "0.05")
    assert (rare["rows"]["base_rate"], rare["rows"]["base_rate_source"]) == (0.05, "given")
    listed = rare["detectors"]["banned_words"]
    assert listed["recall"] == own["recall"], "any hit flags, whatever the base rate"
    wrong = own["recall"] * (1 / own["precision"] - 1) * 0.4 / 0.6
    assert listed["precision"] == pytest.approx(
        own["recall"] * 0.05 / (own["recall"] * 0.05 + wrong * 0.95), abs=0.02
    )
    assert listed["average_precision"] < own["average_precision"]


def test_the_talks_protocol_says_so_where_there_are_fewer_posts(undated: Path, tmp_path: Path) -> None:
    done = run(undated, "--balanced", "1000", "--json", tmp_path / "out.json")
    assert "1,000 were asked for" in " ".join(done.out.split())
    found = json.loads((tmp_path / "out.json").read_text())
    violations = found["rows"]["violations"]
    for entry in found["detectors"].values():
        counts = entry["balanced"]
        assert counts["violating"] == counts["ordinary"] == min(violations, 160 - violations)
        assert counts["found"] + counts["missed"] == counts["violating"]
        assert counts["wrongly_flagged"] + counts["left"] == counts["ordinary"]
        if counts["precision"] is not None:
            flagged = counts["found"] + counts["wrongly_flagged"]
            assert counts["precision"] == pytest.approx(counts["found"] / flagged, abs=1e-4)
    drawn = figures(tmp_path / "out.json", undated, "--balanced", "20", "--detectors", "bayes")["detectors"][
        "bayes"
    ]["balanced"]
    assert (drawn["violating"], drawn["ordinary"]) == (20, 20)
    assert "asked for" not in run(undated, "--balanced", "20", "--detectors", "bayes").out


def test_the_terminal_shows_the_figures_of_the_json(undated: Path, tmp_path: Path) -> None:
    done = run(undated, "--json", tmp_path / "out.json", "--detectors", "bayes")
    entry = json.loads((tmp_path / "out.json").read_text())["detectors"]["bayes"]
    shown = {
        line.split("│")[1].strip(): line.split("│")[2].strip()
        for line in done.out.splitlines()
        if "│" in line
    }
    assert shown["average precision"] == f"{entry['average_precision']:.3f}"
    assert shown["recall at precision 0.95"] == f"{entry['recall_at_precision']['0.95']:.3f}"
    assert shown["precision there"] == f"{entry['precision']:.3f}"
    assert "160 posts examined in 5 folds" in done.out


class Page(HTMLParser):
    """What a browser would make of a page: elements that load or run, and the text that is read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.shown: list[str] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            name for name, _ in attrs if name in ("src", "href", "srcset") or name.startswith("on")
        ]

    @override
    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def test_the_page_is_one_file_that_runs_and_loads_nothing(dated: Path, tmp_path: Path) -> None:
    posts = rows(200, dated=True)
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    for post in posts:
        post |= {"title": f"{hostile}{post['post_id']}", "body": f"{hostile}</pre>{post['body']}"}
        post["post_id"] = f"<b onclick=x>{post['post_id']}"
    done = run(write(tmp_path / "a.csv", posts), "--html", tmp_path / "out.html", "--balanced", "30")
    assert done.error is None, done
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.loads
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert page.tags.count("svg") == 2
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    shown = " ".join(page.shown)
    assert "<script>alert(1)</script>" in shown, "the text of mistakes is shown as it was written"
    assert "reasons:" in shown
    assert "2026-W4" in shown
    assert "paid_reviews" in shown
    assert "30 violating and 30 ordinary posts" in shown
    for name in ("banned_words", "bayes", "blend"):
        assert f"Worst mistakes of {name}" in shown


def test_curves_stay_on_the_paper(undated: Path, tmp_path: Path) -> None:
    run(undated, "--html", tmp_path / "out.html")
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    paths = re.findall(r'<path class="line c\d" d="M([^"]+)"', text)
    assert len(paths) == 6
    for path in paths:
        for corner in path.split("L"):
            x, y = map(float, corner.split())
            assert 44 <= x <= 404
            assert 10 <= y <= 370


def test_an_undated_file_has_no_weeks(undated: Path, tmp_path: Path) -> None:
    run(undated, "--html", tmp_path / "out.html", "--detectors", "banned_words")
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "Per class" in text
    assert "Per week" not in text


def test_posts_too_long_to_judge_are_left_out_and_told(tmp_path: Path) -> None:
    posts = rows(100)
    posts[3]["body"] = "x" * (LONGEST_BODY + 1)
    done = run(write(tmp_path / "a.csv", posts), "--detectors", "banned_words")
    assert "left out: 1 too long to judge" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--detectors", "bayes,magic"], "expected some of banned_words, bayes, blend, came magic"),
        (["--detectors", " , "], "--detectors: expected some of banned_words, bayes, blend, came none"),
        (["--train", "a.csv"], "expected POSTS.csv, or --train and --test, came POSTS.csv and --train"),
        (
            ["--json", "/nowhere/out.json"],
            "/nowhere/out.json: expected a file to write in a folder that exists",
        ),
        (["--html", "."], ".: expected a file to write"),
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], told: str, undated: Path) -> None:
    error = refusal(undated, *arguments)
    assert isinstance(error, ConfigError)
    assert told in str(error)


def test_the_json_in_the_document_is_that_of_a_real_run(tmp_path: Path) -> None:
    """Its shape to the last key; its figures where they have not moved so far that a reader is misled."""
    text = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    told = json.loads(text.split("```json")[1].split("```")[0])
    file = REAL / "youtube_en.csv"
    if not file.exists():
        pytest.skip(f"{file} is not there: real data is not part of the project")
    found = figures(tmp_path / "out.json", file, "--detectors", "bayes")
    assert told["rows"] == found["rows"]
    said, came = told["detectors"]["bayes"], found["detectors"]["bayes"]
    assert list(said) == list(came)
    assert said["thresholds_found"] == came["thresholds_found"]
    for key in ("average_precision", "recall", "f1", "best_f1", "calibration_error"):
        assert said[key] == pytest.approx(came[key], abs=0.02), key


def test_one_of_two_files_and_no_file_are_refused() -> None:
    assert "came neither" in str(refusal())
    assert "came --test" in str(refusal("--test", "b.csv"))


@pytest.mark.parametrize("value", ["0", "1", "-0.1", "x"])
def test_a_base_rate_is_a_share(value: str, undated: Path) -> None:
    assert isinstance(run(undated, "--base-rate", value).error, SystemExit)


def test_a_wrong_row_of_either_file_is_told_by_line_and_column(undated: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("post_id,body,label\na,一,ok\nb,二,spam\n")
    for arguments in ([wrong], ["--train", wrong, "--test", undated], ["--train", undated, "--test", wrong]):
        error = refusal(*arguments)
        assert isinstance(error, BadRow)
        assert str(error) == f"{wrong}, line 3, column label: expected violation or ok, came 'spam'"


@pytest.mark.parametrize(
    ("posts", "told"),
    [
        ([row for row in rows(100) if row["label"] == "ok"], "at least 10 posts labelled violation, came 0"),
        ([row for row in rows(100) if row["label"] == "violation"], "at least 10 posts labelled ok, came 0"),
        (rows(12), "at least 10 posts labelled violation, came"),
        (
            [{**row, "body": "同じ" if row["label"] == "ok" else row["body"]} for row in rows(100)],
            "at least 2 different texts labelled violation and 2 labelled ok",
        ),
        (
            [{**row, "posted_at": "2026-09-01"} for row in rows(100)],
            "time order: expected a newer half to examine, came the same posted_at from the middle",
        ),
        (
            [
                {
                    **row,
                    "posted_at": row["label"].replace("ok", "2026-09-01").replace("violation", "2026-10-01"),
                }
                for row in rows(100, rate=0.2)
            ],
            "time order: expected at least 10 posts of each kind older than a block of the newer half",
        ),
        (
            [{**row, "body": "x" * (LONGEST_BODY + 1)} if row["label"] == "ok" else row for row in rows(30)],
            "came 0 (of 13 posts; left out: 17 too long to judge)",
        ),
    ],
    ids=[
        "no violation",
        "violations alone",
        "few rows",
        "one text",
        "one instant",
        "a kind that came late",
        "too long",
    ],
)
def test_a_file_that_can_measure_nothing_is_refused(
    posts: list[dict[str, str]], told: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "posts.csv", posts)
    error = refusal(file)
    assert isinstance(error, TrainingRefused)
    assert str(error).startswith(f"{file}: ")
    assert told in str(error)


def test_a_test_file_of_copies_alone_measures_nothing(undated: Path) -> None:
    told = str(refusal("--train", undated, "--test", undated))
    assert "the test rows: expected at least 10 posts labelled violation, came 0 (of 0 posts; " in told
    assert "160 of 160 were left out as near-copies of posts that teach)" in told


def test_twenty_posts_make_a_contest_of_few_folds(tmp_path: Path) -> None:
    posts = [row for kind in ("violation", "ok") for row in [r for r in rows(80) if r["label"] == kind][:10]]
    found = figures(tmp_path / "out.json", write(tmp_path / "a.csv", posts), "--detectors", "bayes")
    assert found["rows"]["folds"] == 5
    for post in posts[2:10]:
        post["body"] = posts[2]["body"]
    found = figures(tmp_path / "out.json", write(tmp_path / "b.csv", posts), "--detectors", "bayes")
    assert found["rows"]["folds"] == 3


@pytest.mark.parametrize(
    ("name", "least"), [("job_scams_en", 0.95), ("youtube_en", 0.85)], ids=["undated", "dated"]
)
def test_real_posts_are_measured_and_the_precision_asked_for_is_realised(
    name: str, least: float, tmp_path: Path
) -> None:
    file = REAL / f"{name}.csv"
    if not file.exists():
        pytest.skip(f"{file} is not there: real data is not part of the project")
    found = figures(tmp_path / "out.json", file, "--detectors", "banned_words,bayes")
    bayes, listed = found["detectors"]["bayes"], found["detectors"]["banned_words"]
    assert bayes["average_precision"] > max(least, listed["average_precision"])
    assert bayes["f1"] > listed["f1"]
    if found["rows"]["protocol"] == "grouped_folds":
        assert bayes["precision"] == pytest.approx(0.90, abs=0.03)


def test_where_too_few_posts_were_there_to_choose_a_threshold_on_both_numbers_are_told(
    tmp_path: Path,
) -> None:
    """At one violation in a thousand no threshold can be chosen on a hundred ordinary posts."""
    posts, out, html = write(tmp_path / "a.csv", rows(160)), tmp_path / "out.json", tmp_path / "out.html"
    done = run(posts, "--detectors", "bayes", "--base-rate", "0.001", "--json", out, "--html", html)
    assert done.error is None
    found = json.loads(out.read_text())["detectors"]["bayes"]
    ordinary = found["thresholds_found"].pop("ordinary")
    assert found["thresholds_found"].pop("violations")
    assert found["thresholds_found"] == {"rounds": 5, "found": 0}
    assert (found["threshold"], found["precision"], found["recall"]) == (None, None, 0.0)
    told = " ".join(done.out.split())
    assert "bayes: 5 of 5 rounds found no threshold and flagged nothing" in told
    assert f"chosen on {min(ordinary)} to {max(ordinary)} ordinary posts" in told
    assert "takes at least 8,991" in told
    assert "0 of 5" in told
    assert "takes at least 8,991" in " ".join(Page(html.read_text(encoding="utf-8")).shown)


@pytest.mark.parametrize(
    ("is_dated", "options"), [(True, ()), (True, ("--base-rate", "0.4")), (False, ("--base-rate", "0.2"))]
)
def test_where_the_score_is_at_fault_nobody_is_sent_for_more_ordinary_posts(
    is_dated: bool, options: tuple[str, ...], tmp_path: Path
) -> None:
    random, posts = Random(6), rows(403, dated=is_dated, rate=0.5)
    for post in posts:
        post["label"] = random.choice(["violation", "ok"])
        post["violation_class"] = ""
    out = tmp_path / "out.json"
    done = run(write(tmp_path / "a.csv", posts), "--detectors", "bayes", "--json", out, *options)
    found = json.loads(out.read_text())["detectors"]["bayes"]["thresholds_found"]
    assert found["found"] == 0
    told = " ".join(done.out.split())
    among = f"{min(found['ordinary'])} to {max(found['ordinary'])} ordinary posts"
    assert f"no score reached precision 0.9 among {among}" in told
    assert "does not tell the kinds apart" in told
    assert re.search(r"Without that one (none did|it was reached for \d+ of \d+ violations)", told)
    assert "takes at least" not in told


def test_where_one_text_alone_stands_for_a_kind_there_is_nothing_to_choose_on(tmp_path: Path) -> None:
    posts = rows(100)
    bad = [post for post in posts if post["label"] == "violation"]
    for number, post in enumerate(bad):
        post["body"] = bad[number % 2]["body"]
    done = run(write(tmp_path / "a.csv", posts), "--detectors", "bayes")
    told = "2 of 2 rounds found no threshold and flagged nothing. They had nothing to choose a threshold on"
    assert told in " ".join(done.out.split())


def test_an_ablation_is_one_command(undated: Path, tmp_path: Path) -> None:
    html = tmp_path / "out.html"
    whole = figures(tmp_path / "a.json", undated)
    some = figures(tmp_path / "b.json", undated, "--features", "words, characters", "--html", html)
    assert whole["rows"]["features"] == list(FEATURES)
    assert some["rows"]["features"] == ["words", "characters"]
    assert "words, characters" in Page(html.read_text(encoding="utf-8")).shown
    for name in ("bayes", "blend"):
        assert some["detectors"][name]["model_bytes"] < whole["detectors"][name]["model_bytes"]
    listed = [found["detectors"]["banned_words"]["average_precision"] for found in (whole, some)]
    assert listed[0] == listed[1], "a list is drawn up from words, whatever the filters read"


@pytest.mark.parametrize("feature", FEATURES)
def test_any_feature_can_stand_alone(feature: str, undated: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "a.json", undated, "--features", feature, "--detectors", "blend")
    assert found["rows"]["features"] == [feature]


def test_without_the_option_filters_read_what_training_counts(
    undated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKISHO_FEATURES", "characters,words")
    found = figures(tmp_path / "a.json", undated, "--detectors", "bayes")
    assert found["rows"]["features"] == ["words", "characters"]
    found = figures(tmp_path / "a.json", undated, "--detectors", "bayes", "--features", "masks")
    assert found["rows"]["features"] == ["masks"]


def test_without_a_detector_that_reads_features_none_are_recorded(undated: Path, tmp_path: Path) -> None:
    found = figures(tmp_path / "a.json", undated, "--detectors", "banned_words")
    assert found["rows"]["features"] == []


@pytest.mark.parametrize(
    ("asked", "came"),
    [
        ("words,magic", "came 'magic'"),
        (" , ", "came ''"),
        ("", "came none"),
        ("words,words", "came 'words' 2 times"),
    ],
)
def test_features_nobody_knows_and_names_given_twice_are_refused(
    asked: str, came: str, undated: Path
) -> None:
    error = refusal(undated, "--features", asked)
    assert isinstance(error, ConfigError)
    assert "--features" in str(error)
    assert "words, title_words, word_pairs, structure, masks, characters" in str(error)
    assert came in str(error)


def test_features_for_a_list_of_banned_words_alone_are_refused(undated: Path) -> None:
    told = str(refusal(undated, "--features", "words", "--detectors", "banned_words"))
    assert "--features: expected bayes or blend among --detectors, came banned_words" in told


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_nothing_is_written_over_the_posts(tmp_path: Path, option: str) -> None:
    posts = write(tmp_path / "a.csv", rows(160))
    before = posts.read_bytes()
    told = str(refusal(posts, option, tmp_path / "." / "a.csv"))
    assert "expected a file of its own to write, came one that is read" in told
    assert posts.read_bytes() == before


def test_one_file_for_two_outputs_is_refused(tmp_path: Path) -> None:
    posts = write(tmp_path / "a.csv", rows(160))
    told = str(refusal(posts, "--json", tmp_path / "out", "--html", tmp_path / "out"))
    assert "--html: expected another file than --json" in told
