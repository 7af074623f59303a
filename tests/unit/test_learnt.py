"""Learnt filters as detectors: what a judgement carries, and what it bears at most."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadModel
from shared.spam.calibration import Calibration
from shared.spam.detectors.bayes import Bayes
from shared.spam.detectors.blend import Blend, Linear
from shared.spam.detectors.learnt import FEW, LearntDetector
from shared.spam.features import DEFAULT_FEATURES, Featurizer
from shared.spam.judging import Thresholds, judge
from shared.spam.labels import UNCLASSIFIED
from shared.spam.learning import learn
from shared.spam.model import Model, model_files
from shared.spam.packing import Filter
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
from shared.spam.verdicts import Action, Mode, Place
from tests.unit.token_ids import bayes_of, counted, ids_of, weighing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVERYTHING = Thresholds(review=0.0, take_down=0.0)
WORDS = {"副業": 2.0, "稼げる": 1.5, "事務": -2.5}


def detector_of(learnt: Filter, tokenizer: Tokenizer) -> LearntDetector:
    return LearntDetector(Model(learnt, {"version": f"{learnt.name}-1"}), tokenizer)


def post(body: str, title: str = "") -> Post:
    return Post("p-1", 1, NOW, NOW, title, body)


def blend_of(bayes: Bayes) -> Blend:
    linear = Linear(weighing({token: (number, 1.0) for token, number in WORDS.items()}), 0.0)
    return Blend(bayes, linear, 0.5, 0.5)


FILTERS = pytest.mark.parametrize(
    "learnt", [bayes_of(WORDS), blend_of(bayes_of(WORDS))], ids=["bayes", "blend"]
)


def test_a_judgement_carries_score_class_reasons_and_no_remark(tokenizer: Tokenizer) -> None:
    bayes = learn(counted([(["稼げる", "副業"], "lure"), (["事務"], "")] * 60), ["words"])
    found = detector_of(bayes, tokenizer).judge(post("副業で稼げる"))
    assert found.score == bayes.score(ids_of(["副業", "稼げる"]))
    assert found.violation_class == "lure"
    assert {reason.token for reason in found.reasons} == {"副業", "稼げる"}
    assert (found.note, found.strongest_action) == ("", Action.TAKE_DOWN)


@FILTERS
@pytest.mark.parametrize("body", ["", "★★", "知らない言葉", "unknown words only"])
def test_where_nothing_spoke_no_more_than_a_person_may_act(
    body: str, learnt: Filter, tokenizer: Tokenizer
) -> None:
    detector = detector_of(learnt, tokenizer)
    found = detector.judge(post(body))
    assert (found.score, found.violation_class) == (learnt.score(ids_of([])), UNCLASSIFIED)
    assert (found.reasons, found.note) == ((), "no words to judge by")
    assert judge(post(body), detector, EVERYTHING, Mode.AUTO, NOW).action is Action.REVIEW
    assert judge(post("副業"), detector, EVERYTHING, Mode.AUTO, NOW).action is Action.TAKE_DOWN


@FILTERS
def test_places_are_the_same_whatever_was_judged_since(learnt: Filter, tokenizer: Tokenizer) -> None:
    one, other = post("在宅で<b>副業</b>、稼げた事務", "副業"), post("事務と副業")
    tokens = list(WORDS)
    asked_at_once, asked_later, asked_alone = (detector_of(learnt, tokenizer) for _ in range(3))
    for detector in (asked_at_once, asked_later):
        detector.judge(one)
    asked_later.judge(other)
    found = asked_at_once.places(one, tokens)
    assert found["稼げる"] == [Place("body", 6, 8)]
    assert found["副業"] == [Place("title", 0, 2), Place("body", 3, 5)]
    assert found == asked_at_once.places(one, tokens)
    assert found == asked_later.places(one, tokens) == asked_alone.places(one, tokens)
    assert asked_later.places(other, tokens)["事務"] == [Place("body", 0, 2)]


@FILTERS
def test_how_a_word_is_masked_is_shown_where_it_is(learnt: Filter, tokenizer: Tokenizer) -> None:
    detector = detector_of(learnt, tokenizer)
    masked = post("誰でも稼・げ・る fr3e です", "f r e e")
    assert detector.places(masked, ["mask:dotted", "mask:leet", "mask:spaced", "mask:lookalike"]) == {
        "mask:dotted": [Place("body", 3, 8)],
        "mask:leet": [Place("body", 9, 13)],
        "mask:spaced": [Place("title", 0, 7)],
        "mask:lookalike": [],
    }


@FILTERS
def test_a_verdict_names_the_filter_and_its_version(learnt: Filter, tokenizer: Tokenizer) -> None:
    detector = detector_of(learnt, tokenizer)
    assert (detector.name, detector.version) == (learnt.name, f"{learnt.name}-1")
    assert detector.strongest_action is Action.TAKE_DOWN


@FILTERS
@given(words=st.lists(st.sampled_from([*WORDS, "花", "見る"]), max_size=6))
def test_reasons_add_up_to_the_raw_score_where_all_are_shown(
    words: list[str], learnt: Filter, tokenizer: Tokenizer
) -> None:
    spoken = post(" ".join(words))
    found = detector_of(learnt, tokenizer).judge(spoken)
    ids = Featurizer(["words"], tokenizer).tokens(spoken).ids()
    assert sum(reason.weight for reason in found.reasons) == pytest.approx(learnt.raw_score(ids), abs=1e-3)


def test_where_only_sequences_of_characters_spoke_pieces_of_the_text_are_the_reasons(
    tokenizer: Tokenizer,
) -> None:
    bayes = bayes_of({"副業": 2.0}, {"qz": 1.0, "zq": 1.5}, Calibration(1.0, -1.0), DEFAULT_FEATURES)
    found = detector_of(bayes, tokenizer).judge(post("a<b>qz</b>qx"))
    assert [reason.token for reason in found.reasons] == ["qzq"]
    assert (found.note, found.strongest_action) == ("", Action.TAKE_DOWN)
    assert found.reasons[0].weight == pytest.approx(2.5 / 2**0.5, abs=1e-4)


def test_where_a_word_spoke_no_sequence_is_a_reason(tokenizer: Tokenizer) -> None:
    bayes = bayes_of({"副業": 2.0}, {"qz": 9.0}, features=DEFAULT_FEATURES)
    found = detector_of(bayes, tokenizer).judge(post("副業 qz"))
    assert [reason.token for reason in found.reasons] == ["副業"]
    assert found.reasons[0].weight == pytest.approx(2 / 2**0.5, abs=1e-4)


def test_only_the_features_a_model_learnt_from_are_looked_at(tokenizer: Tokenizer) -> None:
    bayes = bayes_of({"title:副業": 2.0, "副業": 1.0}, features=["title_words"])
    found = detector_of(bayes, tokenizer).judge(post("副業", "副業"))
    assert [reason.token for reason in found.reasons] == ["title:副業"]


def test_a_model_of_features_nobody_knows_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(BadModel, match="forgotten"):
        detector_of(bayes_of(WORDS, features=["words", "forgotten"]), tokenizer)


FIRST_VERDICT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from shared.spam.detectors.learnt import FEW, LearntDetector
from shared.spam.model import unseal
from shared.spam.posts import Post
from shared.spam.tokens import Tokenizer
files = [(Path(sys.argv[1]) / name).read_bytes() for name in ("model.pickle", "manifest.json")]
now = datetime(2026, 11, 22, tzinfo=UTC)
detector = LearntDetector(unseal(*files, b"a key", "here"), Tokenizer())
assert detector.judge(Post("p", 1, now, now, "", "<p>副業</p>")).reasons
print(*sys.modules)
"""


@FILTERS
def test_a_judge_that_starts_loads_no_library_of_training_and_no_html_parser(
    learnt: Filter, tmp_path: Path
) -> None:
    """numpy alone would take a cold start longer than everything else does."""
    passport = {"version": "v", "thresholds": {"review": 0.4, "take_down": 0.8}}
    for name, content in model_files(learnt, learnt, passport, b"a key").items():
        (tmp_path / name).write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-c", FIRST_VERDICT, str(tmp_path)], capture_output=True, check=True, text=True
    )
    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert not {"numpy", "scipy", "pandas", "sklearn", "pydantic", "selectolax"} & loaded


@FILTERS
def test_a_judge_says_the_same_of_a_post_before_and_after_it_goes_on_at_once(
    learnt: Filter, tokenizer: Tokenizer
) -> None:
    learnt = Bayes(learnt.features, learnt.weights, {}) if isinstance(learnt, Bayes) else learnt
    detector = detector_of(learnt, tokenizer)
    posts = [post("副業で稼げる、事務", "副業"), post("事務"), post("何もない"), post("")]
    first = [detector.judge(one) for one in posts]
    for number in range(FEW):
        detector.judge(post(f"事務{number}"))
    assert [detector.judge(one) for one in posts] == first
    assert "numpy" in sys.modules


def test_a_judge_without_numpy_goes_on_as_it_began(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shared.spam.at_once", None)  # what an import finds that can't be
    monkeypatch.delattr("shared.spam.at_once", raising=False)
    detector = detector_of(bayes_of(WORDS), tokenizer)
    found = [detector.judge(post("副業で稼げる")) for _ in range(FEW + 1)]
    assert len(set(found)) == 1
    assert found[0].reasons
