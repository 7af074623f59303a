"""First looks: which posts leave early, which never do, and that a full look would have said the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr  # type: ignore[import-untyped]

from infra.local.sample.posts import SampleSizes, sample_posts
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.detectors.learnt import FEW, LearntDetector
from shared.spam.evidence import Evidence, TrainingRules, examples, weighed
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.first_look import NOTE, FirstLook, must_be_read
from shared.spam.judging import Judgement, Thresholds, judge
from shared.spam.labels import UNCLASSIFIED, Answer, LabelledPost, Source
from shared.spam.looking import MOST_WRONG, SURETY, allowed, look, with_first_look
from shared.spam.model import Model
from shared.spam.packing import Filter
from shared.spam.posts import Post
from shared.spam.structure import LONGEST_READ
from shared.spam.tokens import Tokenizer
from shared.spam.training import Trained, train
from shared.spam.verdicts import Action, Mode
from tests.unit.token_ids import bayes_of, weighing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TAUGHT = 3_600
EVERYTHING = Thresholds(review=0.0, take_down=0.0)
ORDINARY = "事務の仕事です"
SURE = FirstLook(most=-1.0, least_known=0.05, slope=1.0, intercept=-3.0)


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def bayes(first_look: FirstLook | None = SURE) -> Bayes:
    known = bayes_of({"副業": 4.0, "事務": -1.0}, {"事務": -2.0, "副業": 3.0}, features=DEFAULT_FEATURES)
    return replace(known, first_look=first_look)


def blend() -> Blend:
    return Blend(bayes(SURE), Linear(weighing({"副業": (1.0, 1.0)}, {"事務": -1.0}), 0.0), 0.5, 0.5)


def judged(learnt: Filter, body: str, tokenizer: Tokenizer) -> Judgement:
    return LearntDetector(Model(learnt, {"version": "v"}), tokenizer).judge(post(body))


@pytest.mark.parametrize(
    ("posts", "wrong"), [(0, None), (1, None), (298, None), (299, 0), (472, 0), (473, 1)]
)
def test_so_many_of_so_many_may_be_wrong(posts: int, wrong: int | None) -> None:
    assert allowed(posts, 0.01, 0.95) == wrong


@given(st.integers(1, 30_000), st.floats(0.001, 0.2), st.floats(0.6, 0.999))
def test_what_is_allowed_is_the_most_that_chance_would_hardly_leave(
    posts: int, share: float, surety: float
) -> None:
    wrong = allowed(posts, share, surety)
    found = -1 if wrong is None else wrong
    assert found < 0 or bdtr(found, posts, share) <= (1 - surety) * (1 + 1e-6)
    assert bdtr(found + 1, posts, share) >= (1 - surety) * (1 - 1e-6)


def test_whole_populations_without_an_end_have_a_bound() -> None:
    assert allowed(1_000_000, 0.01, 0.95) == pytest.approx(10_000 - 1.645 * 9_900**0.5, abs=2)


@pytest.mark.parametrize(
    ("raw", "known", "is_enough"),
    [(-1.0, 0.05, True), (-0.9999, 0.05, False), (-1.0, 0.0499, False), (-50.0, 1.0, True)],
)
def test_characters_are_enough_up_to_both_borders(raw: float, known: float, is_enough: bool) -> None:
    assert SURE.is_enough(raw, known) is is_enough


def test_a_surely_ordinary_post_is_left_alone_whatever_the_thresholds(tokenizer: Tokenizer) -> None:
    learnt = bayes()
    found = judged(learnt, ORDINARY, tokenizer)
    score = learnt.calibration.probability(-2.0 * 1.0 - 3.0)
    assert found == Judgement(score, UNCLASSIFIED, (), NOTE, Action.LEAVE)
    detector = LearntDetector(Model(learnt, {"version": "v"}), tokenizer)
    verdict = judge(post(ORDINARY), detector, EVERYTHING, Mode.AUTO, NOW)
    assert (verdict.action, verdict.note, verdict.reasons) == (Action.LEAVE, NOTE, ())


@pytest.mark.parametrize(
    "learnt",
    [bayes(None), blend(), bayes(replace(SURE, most=-2.5)), bayes(replace(SURE, least_known=0.5))],
)
def test_where_characters_are_not_enough_the_post_is_read_in_full(
    learnt: Filter, tokenizer: Tokenizer
) -> None:
    found = judged(learnt, ORDINARY, tokenizer)
    if isinstance(learnt, Bayes):
        assert found == judged(replace(learnt, first_look=None), ORDINARY, tokenizer)
    assert found.note != NOTE
    assert found.reasons


MASKED = ["稼 げ る", "副・業・可", "сash", "アカウントとア力ウント", "fr3e"]
REACHED = [
    *("a@example.com", "LINEで連絡", "ラインで連絡", "Telegram", "shop.example.com", "03-1234-5678"),
    *('<a href="https://example.jp/">詳細</a>', '<a href="mailto:a@example.jp">詳細</a>'),
    *(
        '<a href="//example.jp/">詳細</a>',
        "ｌｉｎｅで",
        "L&#73;NEで",
        "lineid: abc",
        "kakaotalkで",
        "らいんで",
    ),
    *(
        "<a href='tel:0312345678'>電話</a>",
        "<A HREF='https:&#47;&#47;evil.jp/x'>詳細</A>",
        "lin.ee/abc",
        "evil.xyz",
    ),
    *(
        "０９０−１２３４−５６７８",
        "０９０ー１２３４ー５６７８",
        "090.1234.5678",
        "TEL 0120 123 456",
        "+81 90 1234 5678",
    ),
]


@pytest.mark.parametrize("lure", [*MASKED, *REACHED])
def test_no_ordinary_text_hides_masked_words_and_ways_of_contact(lure: str, tokenizer: Tokenizer) -> None:
    sure = bayes(FirstLook(10.0, 0.0, 1.0, 0.0))
    assert judged(sure, f"<p>{ORDINARY}</p>", tokenizer).note == NOTE
    for body in (f"<p>{ORDINARY}。 {lure}</p>", f"<p>{lure}</p>" + f"<p>{ORDINARY}</p>" * 50):
        assert judged(sure, body, tokenizer) == judged(replace(sure, first_look=None), body, tokenizer)


@pytest.mark.parametrize(
    "text", ["オンラインの仕事", "ガイドラインを守る", "月収は30万円", "2026-11-22", "C言語、3名"]
)
def test_ordinary_text_need_not_be_read_in_full(text: str) -> None:
    assert not must_be_read(text, text, f"<p>{text}</p>")


def test_what_is_longer_than_is_looked_into_is_read_in_full() -> None:
    for shown, html in (("あ" * LONGEST_READ, ""), ("", "<i>" * LONGEST_READ)):
        assert must_be_read("い", shown, html)
    assert not must_be_read("", "あ" * LONGEST_READ, "あ" * LONGEST_READ)


def test_unknown_text_around_ordinary_words_is_not_known_to_be_ordinary(tokenizer: Tokenizer) -> None:
    learnt = bayes(replace(SURE, least_known=1 / 40))
    assert judged(learnt, ORDINARY, tokenizer).note == NOTE
    unknown = "".join(map(chr, range(0x4E00, 0x4E30)))
    assert judged(learnt, f"{ORDINARY}。{unknown}", tokenizer).note != NOTE


@pytest.fixture(scope="module")
def labelled() -> list[LabelledPost]:
    """Sample posts, oldest first, each with the truth: half of them violations."""
    sample = sample_posts(SampleSizes(12, 350, violation_share=0.5, edited_share=0.0), NOW)
    truth = [
        (one, sample.truth[one.key] or "") for one in sorted(sample.posts, key=lambda one: one.revised_at)
    ]
    return [
        LabelledPost(one, Answer.VIOLATION if named else Answer.OK, named, Source.QUEUE)
        for one, named in truth
    ]


@pytest.fixture(scope="module")
def evidence(labelled: Sequence[LabelledPost], tokenizer: Tokenizer) -> Evidence:
    featurizer = Featurizer(DEFAULT_FEATURES, tokenizer)
    return Evidence.of(examples(labelled[:TAUGHT], featurizer), TrainingRules(), base_rate=0.05)


@pytest.fixture(scope="module")
def trained(evidence: Evidence, tokenizer: Tokenizer) -> Trained:
    return train(evidence, Featurizer(DEFAULT_FEATURES, tokenizer), TrainingRules(), None)


@pytest.fixture(scope="module")
def unseen(labelled: Sequence[LabelledPost]) -> list[Post]:
    return [one.post for one in labelled[TAUGHT:]]


def first_look_of(trained: Trained) -> FirstLook:
    assert isinstance(trained.final, Bayes)
    assert trained.final.first_look is not None
    return trained.final.first_look


def test_training_learns_when_a_first_look_is_enough_and_says_what_it_does(trained: Trained) -> None:
    found = trained.passport["first_look"]
    assert isinstance(trained.examined, Bayes)
    assert first_look_of(trained) == trained.examined.first_look
    assert found["left_early"] > 0.2
    assert found["wrongly"] <= (allowed(found["wanted"], MOST_WRONG, SURETY) or 0)


def test_a_post_that_leaves_early_would_have_been_left_alone_and_others_are_judged_alike(
    trained: Trained, unseen: Sequence[Post], tokenizer: Tokenizer
) -> None:
    thresholds = Thresholds.from_json(trained.passport["thresholds"])
    early, full = (
        LearntDetector(Model(with_first_look(trained.final, one), {"version": "v"}), tokenizer)
        for one in (first_look_of(trained), None)
    )
    left = 0
    for one in unseen:
        found, expected = early.judge(one), full.judge(one)
        if found.note == NOTE:
            left += 1
            assert thresholds.action(expected.score) is Action.LEAVE
            assert thresholds.action(found.score) is Action.LEAVE
        else:
            assert found == expected
    assert left > 50


@pytest.mark.parametrize("around", [1, 3, 8])
def test_ordinary_text_around_a_violation_opens_no_door_that_a_full_look_keeps_shut(
    around: int, trained: Trained, labelled: Sequence[LabelledPost], tokenizer: Tokenizer
) -> None:
    thresholds = Thresholds.from_json(trained.passport["thresholds"])
    dice, unseen = Random(around), labelled[TAUGHT:]
    ordinary = [one.post.body for one in unseen if not one.is_violation]
    early, full = (
        LearntDetector(Model(with_first_look(trained.final, one), {"version": "v"}), tokenizer)
        for one in (first_look_of(trained), None)
    )
    for one in unseen:
        if one.is_violation:
            hidden = replace(one.post, body="".join([one.post.body, *dice.sample(ordinary, around)]))
            if early.judge(hidden).note == NOTE:
                assert thresholds.action(full.judge(hidden).score) is Action.LEAVE


def test_first_looks_are_the_same_one_by_one_and_at_once(
    trained: Trained, unseen: Sequence[Post], tokenizer: Tokenizer
) -> None:
    asked = [*unseen[: FEW - 1], post(""), post("★"), post("あ")][-FEW + 1 :]
    detector = LearntDetector(Model(trained.final, {"version": "v"}), tokenizer)
    first = [detector.judge(one) for one in asked]
    detector.judge(post("何か"))
    assert [detector.judge(one) for one in asked] == first
    assert {one.note == NOTE for one in first} == {True, False}


def test_with_too_few_to_be_found_no_post_leaves_early(trained: Trained, evidence: Evidence) -> None:
    held_out = weighed(evidence.held_out, evidence, 0.05)
    few = [one for one in held_out if not one.is_violation] + [one for one in held_out if one.is_violation][
        :200
    ]
    scores = [trained.examined.score(one.tokens) for one in few]
    found = look(trained.examined, few, scores, 0.9999, 0.05)
    assert (found.first_look, found.scores) == (None, scores)
    assert found.report["left_early"] == 0


def test_characters_that_know_nothing_let_no_post_leave(trained: Trained, evidence: Evidence) -> None:
    held_out = list(evidence.held_out)
    assert isinstance(trained.examined, Bayes)
    mute = replace(trained.examined, weights=bayes(None).weights)
    answers = [one.is_violation for one in held_out]
    Random(1).shuffle(answers)
    found = look(mute, held_out, [0.9 if answer else 0.001 for answer in answers], 0.5, 0.3)
    assert found.first_look is None


def test_a_blend_gets_no_first_look(evidence: Evidence) -> None:
    found = look(blend(), evidence.held_out, [0.001] * len(evidence.held_out), 0.5, 0.05)
    assert (found.first_look, found.report) == (None, {})
    assert with_first_look(blend(), SURE) == blend()


def test_scores_of_posts_that_leave_early_are_surely_ordinary_and_others_stay(
    trained: Trained, evidence: Evidence
) -> None:
    scores = [trained.examined.score(one.tokens) for one in evidence.held_out]
    review = trained.passport["thresholds"]["review"]
    found = look(with_first_look(trained.examined, None), evidence.held_out, scores, review, 0.05)
    changed = [new for old, new in zip(scores, found.scores, strict=True) if new != old]
    assert 0 < len(changed) <= round(found.report["left_early"] * len(scores))
    assert max(changed) < 0.1 * min(review, 0.05)
