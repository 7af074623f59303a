"""Sample data is repeatable, varied, drifting, and labelled late: the other tests and the demo lean on it."""

import csv
import json
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest

from infra.local.platform.words import VIOLATION_CLASSES
from infra.local.sample.__main__ import COLUMNS, main
from infra.local.sample.drafts import wave_strength
from infra.local.sample.phrases import Wave, read_phrases
from infra.local.sample.posts import SamplePosts, SampleSizes, sample_posts
from infra.local.sample.reviewers import LONGEST_LAG, sample_reviews
from infra.local.sample.voices import Voice
from shared.spam.events import read_post
from shared.spam.labels import UNCLASSIFIED, Answer, ReviewLabel, Source
from shared.spam.posts import Post

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
CLASSES = {
    "affiliate_lure",
    "pyramid_recruiting",
    "ranking_manipulation",
    "paid_reviews",
    "commission_only",
    "information_products",
    "direct_contact",
}


@pytest.fixture(scope="module")
def sample() -> SamplePosts:
    """75 days, 60 posts a day, many of them edited."""
    return sample_posts(SampleSizes(posts_per_day=60, edited_share=0.2, patrol_share=0.2), UNTIL)


@pytest.fixture(scope="module")
def labels(sample: SamplePosts) -> tuple[ReviewLabel, ...]:
    """What reviewers had answered by the end of the sample."""
    return sample_reviews(sample, UNTIL)


def everything(post: Post) -> bool:
    """A queue that every post stands in."""
    return True


def nothing(post: Post) -> bool:
    """A queue that no post stands in."""
    return False


def days_ago(post: Post) -> float:
    return (UNTIL - post.revised_at) / timedelta(days=1)


def test_the_same_arguments_give_the_same_posts_and_labels() -> None:
    sizes = SampleSizes(days=3, posts_per_day=40, edited_share=0.3)
    first, again = sample_posts(sizes, UNTIL, seed=7), sample_posts(sizes, UNTIL, seed=7)
    assert first == again
    assert sample_reviews(first, UNTIL, seed=7) == sample_reviews(again, UNTIL, seed=7)


def test_the_zone_until_is_written_in_changes_nothing() -> None:
    sizes = SampleSizes(days=2, posts_per_day=20)
    tokyo = timezone(timedelta(hours=9))
    assert sample_posts(sizes, UNTIL) == sample_posts(sizes, UNTIL.astimezone(tokyo))


def test_another_seed_gives_other_posts_and_labels() -> None:
    sizes = SampleSizes(days=2, posts_per_day=50)
    first, other = sample_posts(sizes, UNTIL, seed=1), sample_posts(sizes, UNTIL, seed=2)
    assert not {post.body for post in first.posts} & {post.body for post in other.posts}
    assert sample_reviews(first, UNTIL, seed=1) != sample_reviews(first, UNTIL, seed=2)


def test_sizes_are_respected(sample: SamplePosts) -> None:
    firsts = [post for post in sample.posts if post.revision == 1]
    assert len(firsts) == 75 * 60
    assert len({post.post_id for post in firsts}) == len(firsts)
    assert all(UNTIL - timedelta(days=75) <= post.posted_at < UNTIL for post in firsts)
    assert any(days_ago(post) < 0.2 for post in firsts)
    assert any(days_ago(post) > 74 for post in firsts)


@pytest.mark.parametrize(("days", "posts_per_day", "posts"), [(1, 1, 1), (0, 200, 0), (5, 0, 0), (1, 30, 30)])
def test_the_smallest_sizes_work(days: int, posts_per_day: int, posts: int) -> None:
    sample = sample_posts(SampleSizes(days=days, posts_per_day=posts_per_day, edited_share=0), UNTIL)
    assert len(sample.posts) == len(sample.truth) == posts
    assert len(sample_reviews(sample, UNTIL + LONGEST_LAG, queue=everything)) == posts


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_violation_shares_at_the_edge_are_kept_even_by_edits(share: float) -> None:
    sizes = SampleSizes(days=5, posts_per_day=60, violation_share=share, edited_share=1)
    firsts = [post for post in sample_posts(sizes, UNTIL).posts if post.revision == 1]
    truth = sample_posts(sizes, UNTIL).truth
    assert {bool(truth[post.key]) for post in firsts} == {share == 1.0}
    if share == 0:
        assert set(truth.values()) == {""}


@pytest.mark.parametrize(
    "wrong", [{"days": -1}, {"posts_per_day": -1}, {"violation_share": 1.1}, {"patrol_share": -0.1}]
)
def test_sizes_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: expected"):
        SampleSizes(**wrong)  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_refused(sample: SamplePosts) -> None:
    naive = UNTIL.replace(tzinfo=None)
    with pytest.raises(ValueError, match="until: expected a time with its zone"):
        sample_posts(SampleSizes(), naive)
    with pytest.raises(ValueError, match="until: expected a time with its zone"):
        sample_reviews(sample, naive)


def test_nights_and_weekends_are_quieter(sample: SamplePosts) -> None:
    local = [post.posted_at + timedelta(hours=9) for post in sample.posts if post.revision == 1]
    hours = Counter(time.hour for time in local)
    weekdays = Counter(time.weekday() for time in local)
    assert hours[10] + hours[11] > 5 * (hours[3] + hours[4])
    assert weekdays[1] > 1.3 * weekdays[6]


def test_posts_look_like_the_platforms(sample: SamplePosts) -> None:
    for post in sample.posts:
        assert re.fullmatch(r"job-\d{8}-\d{5}", post.post_id)
        assert post.post_id[4:12] == f"{post.posted_at + timedelta(hours=9):%Y%m%d}"
        assert read_post(json.dumps(post.to_event()).encode(), now=UNTIL) == post


def test_every_class_of_violation_is_present_and_the_share_is_kept(sample: SamplePosts) -> None:
    assert set(sample.truth.values()) == CLASSES | {""}
    classes = [sample.truth[post.key] for post in sample.posts if post.revision == 1]
    share = sum(map(bool, classes)) / len(classes)
    assert abs(share - 0.08) < 4 * math.sqrt(0.08 * 0.92 / len(classes))


def test_revisions_follow_each_other_without_gaps(sample: SamplePosts) -> None:
    assert [post.revised_at for post in sample.posts] == sorted(post.revised_at for post in sample.posts)
    newest: dict[str, Post] = {}
    for post in sample.posts:
        before = newest.get(post.post_id)
        if before is None:
            assert post.revision == 1
            assert post.revised_at == post.posted_at
        else:
            assert post.revision == before.revision + 1
            assert post.revised_at > before.revised_at
            assert (post.posted_at, post.author_id) == (before.posted_at, before.author_id)
            assert post.body != before.body
        assert post.revised_at < UNTIL
        newest[post.post_id] = post
    assert max(post.revision for post in sample.posts) >= 3


def test_edits_turn_posts_violating_and_back_about_equally_often(sample: SamplePosts) -> None:
    turned = Counter(
        (bool(sample.truth[post.post_id, post.revision - 1]), bool(sample.truth[post.key]))
        for post in sample.posts
        if post.revision > 1
    )
    worse, better = turned[False, True], turned[True, False]
    assert worse > 0
    assert better > 0
    assert abs(worse - better) < 4 * math.sqrt(worse + better)
    assert turned[True, True] > 0
    assert turned[False, False] > worse + better


def test_bodies_are_not_copies_of_each_other(sample: SamplePosts) -> None:
    bodies = [post.body for post in sample.posts if not sample.truth[post.key]]
    assert len(set(bodies)) > 0.995 * len(bodies)


def test_more_posts_bring_more_words(sample: SamplePosts) -> None:
    def words(posts: tuple[Post, ...]) -> int:
        return len({word for post in posts for word in re.findall(r"[ァ-ヶー]{2,}|[一-龥]{2,}", post.body)})

    tenth = len(sample.posts) // 10
    assert words(sample.posts) > 1.3 * words(sample.posts[:tenth])


def test_authors_repeat_their_posts_with_little_changed(sample: SamplePosts) -> None:
    seen: dict[str, set[str]] = {}
    repeated = 0
    for post in sample.posts:
        if post.revision == 1:
            lines = {line for line in re.split(r"<[^>]*>|\n", post.body) if len(line) > 12}
            known = seen.setdefault(post.author_id, set())
            repeated += bool(lines) and len(lines & known) > 0.6 * len(lines)
            known |= lines
    assert repeated > 0.02 * len(sample.posts)


FORMS = {
    "paragraphs": "<p>",
    "line breaks": "<br",
    "lists": "<li>",
    "tables": "<table",
    "scripts": "<script>",
    "styles": "<style>",
    "comments": "<!--",
    "named entities": "&nbsp;",
    "numbered entities": r"&#\d+;",
    "an ampersand": "&amp;",
    "a tag inside a word": "[一-龥]<b></b>[一-龥]",
    "a tag that never closes": r"<div><b><p|<$",
    "half-width kana": "[ｱ-ﾝ]{2}",
    "full-width numbers": "[０-９]{3}円",
    "full-width letters": "[Ａ-Ｚａ-ｚ]{3}",
    "spaced words": "[一-龥] [一-龥]",
    "zero-width characters": "\u200b",
    "wages in man": r"\d万円",
    "wages in kanji": "[一二三四五六七八九]千円",
    "decoration": "[★☆◆♪]",
    "lines": "━{3}",
    "emoji": "😊",
    "links": r"https?://[\w.-]+",
    "telephone numbers": "090-0000",
    "mail addresses": r"@example\.com",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_text_comes_in_every_form_a_filter_must_read(sample: SamplePosts, form: str) -> None:
    assert any(re.search(form, post.body) for post in sample.posts)


def test_everything_in_it_is_fictitious_and_can_be_stored(sample: SamplePosts) -> None:
    hosts = re.compile(r"(?:https?://|@)([\w-]+(?:\.[\w-]+)+)", re.ASCII)
    for post in sample.posts:
        f"{post.title}{post.body}".encode()  # a lone surrogate would raise
        for host in hosts.findall(post.body):
            assert re.search(r"(^|\.)(example\.(com|jp|net)|[a-z]+\.invalid)$", host), host


def test_a_wording_of_a_late_season_never_appears_early_and_an_old_one_fades(sample: SamplePosts) -> None:
    def ages(word: str) -> list[float]:
        return [days_ago(post) for post in sample.posts if word in post.body]

    late, old = (
        ages("裁定ボット") + ages("固定コメント") + ages("集約ページ"),
        ages("ショートメール") + ages("ポイ活の案件"),
    )
    assert late
    assert max(late) <= 15
    assert old
    assert sum(age > 40 for age in old) > 0.85 * len(old)


def test_the_shares_of_classes_shift(sample: SamplePosts) -> None:
    classes = [(days_ago(post), sample.truth[post.key]) for post in sample.posts]
    early = Counter(name for age, name in classes if name and age > 50)
    late = Counter(name for age, name in classes if name and age < 25)
    assert early["affiliate_lure"] / early.total() > late["affiliate_lure"] / late.total()
    assert early["direct_contact"] / early.total() < late["direct_contact"] / late.total()


@pytest.mark.parametrize(
    ("age", "strength"),
    [(31, 0.0), (30, 0.0), (27.5, 0.5), (25, 1.0), (10, 1.0), (6, 0.5), (2, 0.0), (0, 0.0)],
)
def test_a_season_rises_and_fades(age: float, strength: float) -> None:
    assert wave_strength(Wave(rises=30, fades=10, titles=(), lures=()), age) == strength


def test_most_violating_posts_avoid_the_banned_words_and_some_ordinary_ones_use_them(
    sample: SamplePosts,
) -> None:
    banned = re.compile(
        "アフィリ|情報商材|稼げ|稼い|不労所得|高収入|LINE|ネットワークビジネス|権利収入|MLM|完全歩合|成果報酬"
        "|フルコミッション|検索順位|被リンク|再生回数|星5|レビュー投稿|口コミ投稿|直接取引|自動売買"
    )
    hits = Counter(
        (bool(sample.truth[post.key]), bool(banned.search(post.title + post.body))) for post in sample.posts
    )
    recall = hits[True, True] / (hits[True, True] + hits[True, False])
    false_alarms = hits[False, True] / (hits[False, True] + hits[False, False])
    assert 0.2 < recall < 0.5
    assert 0.04 < false_alarms < 0.15


def test_labels_lag_behind_and_none_is_later_than_until(
    sample: SamplePosts, labels: tuple[ReviewLabel, ...]
) -> None:
    revised_at = {post.key: post.revised_at for post in sample.posts}
    lags = [label.answered_at - revised_at[label.post_id, label.revision] for label in labels]
    assert all(timedelta(0) <= lag <= LONGEST_LAG for lag in lags)
    assert sum(timedelta(days=1) <= lag <= timedelta(days=3) for lag in lags) > 0.6 * len(lags)
    assert [label.answered_at for label in labels] == sorted(label.answered_at for label in labels)
    assert labels[-1].answered_at <= UNTIL


def test_the_newest_day_is_mostly_unlabelled(sample: SamplePosts, labels: tuple[ReviewLabel, ...]) -> None:
    labelled = {(label.post_id, label.revision) for label in labels}

    def share(youngest: float, oldest: float) -> float:
        keys = [post.key for post in sample.posts if youngest <= days_ago(post) < oldest]
        return len(labelled.intersection(keys)) / len(keys)

    assert share(0, 1) < 0.2 * share(10, 40)


def test_labels_given_so_far_stay_the_same_when_more_are_given(sample: SamplePosts) -> None:
    earlier = sample_reviews(sample, UNTIL - timedelta(days=2))
    assert set(earlier) < set(sample_reviews(sample, UNTIL))


def test_a_label_id_names_one_answer_for_ever(sample: SamplePosts, labels: tuple[ReviewLabel, ...]) -> None:
    assert len({label.label_id for label in labels}) == len(labels)


def test_the_patrol_gives_the_true_base_rate(sample: SamplePosts, labels: tuple[ReviewLabel, ...]) -> None:
    patrol = [label for label in labels if label.source is Source.PATROL]
    found = sum(label.answer is Answer.VIOLATION for label in patrol) / len(patrol)
    true = sum(map(bool, sample.truth.values())) / len(sample.truth)
    assert abs(found - true) < 4 * math.sqrt(true * (1 - true) / len(patrol))
    queue = [label for label in labels if label.source is Source.QUEUE]
    assert sum(label.answer is Answer.VIOLATION for label in queue) > 3 * true * len(queue)


def test_the_patrol_does_not_care_what_stands_in_the_queue(
    sample: SamplePosts, labels: tuple[ReviewLabel, ...]
) -> None:
    alone = sample_reviews(sample, UNTIL, queue=nothing)
    assert set(alone) == {label for label in labels if label.source is Source.PATROL}
    all_labels = sample_reviews(sample, UNTIL + LONGEST_LAG, queue=everything)
    assert len(all_labels) == len(sample.posts)


def test_a_few_labels_are_wrong_and_a_few_name_no_class(
    sample: SamplePosts, labels: tuple[ReviewLabel, ...]
) -> None:
    truth = [sample.truth[label.post_id, label.revision] for label in labels]
    pairs = Counter(
        (label.answer, bool(true), label.violation_class == true)
        for label, true in zip(labels, truth, strict=True)
        if label.violation_class != UNCLASSIFIED
    )
    missed, accused = pairs[Answer.OK, True, False], pairs[Answer.VIOLATION, False, False]
    other_class = pairs[Answer.VIOLATION, True, False]
    assert min(missed, accused, other_class) > 0
    assert 0.003 < (missed + accused + other_class) / len(labels) < 0.02
    named = {label.violation_class for label in labels if label.answer is Answer.VIOLATION}
    assert named == CLASSES | {UNCLASSIFIED}
    assert {label.violation_class for label in labels if label.answer is Answer.OK} == {""}


def test_every_slot_in_the_phrases_can_be_filled() -> None:
    phrases = read_phrases()
    spoken: list[tuple[Voice, str]] = []
    for job in phrases.jobs.values():
        voice = Voice(job.slots, job.same, Random(1))
        sentences = [*job.titles, *job.intros, *job.tasks, *job.tempting_titles, *job.tempting_intros]
        spoken += [(voice, text) for text in [*sentences, *(f"{{{slot}}}" for slot in job.slots)]]
        spoken += [(voice, phrase) for choices in job.slots.values() for phrase in choices]
    for violation in phrases.violations.values():
        voice = Voice(violation.slots, frozenset(), Random(1))
        sentences = [*violation.titles, *violation.lures, *violation.blatant]
        sentences += [text for wave in violation.waves for text in (*wave.titles, *wave.lures)]
        spoken += [(voice, text) for text in sentences]
        assert set(violation.covers) <= set(phrases.jobs)
    assert not [text for voice, text in spoken if re.search(r"[{}]", voice.say(text))]


def test_the_csv_holds_the_newest_revision_of_labelled_posts(tmp_path: Path) -> None:
    file = tmp_path / "posts.csv"
    main(
        [
            "--days",
            "20",
            "--posts-per-day",
            "60",
            "--seed",
            "3",
            "--until",
            UNTIL.isoformat(),
            "--csv",
            str(file),
        ]
    )
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    sample = sample_posts(SampleSizes(days=20, posts_per_day=60), UNTIL, seed=3)
    newest = {post.post_id: post for post in sample.posts}
    labelled = {(label.post_id, label.revision) for label in sample_reviews(sample, UNTIL, seed=3)}
    assert tuple(rows[0]) == COLUMNS
    assert {row["post_id"] for row in rows} == {name for name, post in newest.items() if post.key in labelled}
    assert {row["label"] for row in rows} == {"violation", "ok"}
    assert all(row["body"] == newest[row["post_id"]].body for row in rows)
    assert all((row["label"] == "violation") == bool(row["violation_class"]) for row in rows)


@pytest.mark.parametrize(
    "wrong", [["--until", "2026-11-22"], ["--until", "2026-11-22T00:00:00Z", "--days", "-1"]]
)
def test_the_command_says_what_it_expected(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*wrong, "--csv", str(tmp_path / "posts.csv")])
    assert "expected" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_reviewers_can_choose_every_class_the_sample_posts_violate() -> None:
    sample = sample_posts(SampleSizes(days=30), UNTIL)
    assert set(sample.truth.values()) <= set(VIOLATION_CLASSES)
