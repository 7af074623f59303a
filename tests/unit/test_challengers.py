"""The blend as a challenger, and a number of wrong takedowns a day as what an operator bears."""

from dataclasses import replace

import pytest

from shared.errors import TrainingRefused
from shared.spam.counts import array_of
from shared.spam.detectors.blend import Blend
from shared.spam.evidence import Example, TrainingRules
from shared.spam.features import Featurizer, TokenIds, token_id
from shared.spam.model import EXAMINED, model_files, unseal
from shared.spam.packing import Filter, pickled
from shared.spam.passport import passport_of
from shared.spam.training import LEARNERS, Trained, train
from tests.unit.test_training import KEY, NOW, RULES, WINDOW, evidence_of, examples
from tests.unit.token_ids import bayes_of


@pytest.fixture
def words(featurizer: Featurizer) -> Featurizer:
    return featurizer.named(["words"])


@pytest.mark.parametrize("name", LEARNERS)
def test_every_filter_is_taught_named_and_read_again_as_what_it_is(name: str, words: Featurizer) -> None:
    found = train(evidence_of(examples()), words, RULES, None, name)
    passport = passport_of(found, WINDOW, NOW, "r")
    assert (found.final.name, passport["detector"]) == (name, name)
    assert passport["version"].startswith(f"{name}-20261117-")
    assert passport["figures"][name]["precision"] >= RULES.take_down_precision
    assert passport["counts"]["weights"] == len(found.final) > 0
    files = model_files(found.final, found.examined, passport, KEY)
    model = unseal(files["examined.pickle"], files["examined.json"], KEY, "here", EXAMINED)
    assert model.filter == found.examined
    assert found.final.calibration == found.examined.calibration


def test_a_blend_is_taught_by_the_posts_that_teach_alone(words: Featurizer) -> None:
    """Whatever the newest posts say, the examined filter is the same: they examine it."""
    rows = examples()
    other = [*rows[:480], *examples(120, first=480, seed=9)]
    one, two = (train(evidence_of(each), words, RULES, None, "blend").examined for each in (rows, other))
    assert replace(one, calibration=two.calibration) == two


def test_a_blend_taught_twice_is_the_same_to_the_last_byte(words: Featurizer) -> None:
    one, two = (train(evidence_of(examples()), words, RULES, None, "blend") for _ in range(2))
    assert pickled(one.final) == pickled(two.final)
    assert isinstance(one.final, Blend)


# Against the champion

SECRET = token_id("secret")


def telling(rows: list[Example]) -> list[Example]:
    """The same posts, the newest violations with a token that no older post has."""
    return [
        replace(row, ids=array_of(TokenIds([*row.ids.tolist(), SECRET], ())))
        if row.is_violation and number >= 480
        else row
        for number, row in enumerate(rows)
    ]


def knowing(weight: float) -> Trained:
    """A champion who knows of that token only."""
    learnt: Filter = bayes_of({"secret": weight})
    return Trained(learnt, learnt, {})


def test_a_challenger_that_ranks_worse_than_the_champion_is_refused(words: Featurizer) -> None:
    evidence = evidence_of(telling(examples()))
    with pytest.raises(
        TrainingRefused, match=r"no better than bayes: .* at least 1\.0000 on the 120 held-out"
    ):
        train(evidence, words, RULES, None, "blend", knowing(9.0))


def test_a_challenger_that_ranks_as_well_or_better_is_taken_and_the_comparison_kept(
    words: Featurizer,
) -> None:
    evidence = evidence_of(telling(examples()))
    found = train(evidence, words, RULES, None, "blend", knowing(-9.0)).passport["figures"]["champion"]
    assert found["name"] == "bayes"
    assert found["new_average_precision"] > found["average_precision"]
    itself = train(evidence, words, RULES, None, "blend")
    equal = train(evidence, words, RULES, None, "blend", itself).passport["figures"]["champion"]
    assert equal["new_average_precision"] == equal["average_precision"]


# Wrong takedowns a day


def take_down(
    rows: list[Example], words: Featurizer, most: float | None, window_days: int = 60, **known: float
) -> float | None:
    """From which score on posts are taken down where so many wrong ones a day are borne."""
    rules = replace(RULES, max_wrong_takedowns_per_day=most, take_down_precision=0.6, window_days=window_days)
    thresholds = train(evidence_of(rows, rules, **known), words, rules, None).passport["thresholds"]
    found: float | None = thresholds["take_down"]
    return found


def test_the_fewer_wrong_takedowns_are_borne_the_higher_the_threshold(words: Featurizer) -> None:
    rows = examples(2_000)
    found = [take_down(rows, words, most) for most in (None, 1_000.0, 1.0, 0.5, 0.2)]
    assert found[0] == found[1]
    assert None not in found
    assert found[1:] == sorted(found[1:], key=float)  # type: ignore[arg-type]
    assert len(set(found)) > 2


def test_where_not_even_one_can_be_borne_nothing_is_taken_down(words: Featurizer) -> None:
    assert take_down(examples(), words, 0.0) is None
    assert take_down(examples(), words, 0.001) is None


def test_posts_nobody_labelled_count_in_how_many_pass_a_day(words: Featurizer) -> None:
    """Ten times as many posts a day, a tenth of the share that may be taken down wrongly."""
    rows = examples(2_000)
    alone = take_down(rows, words, 0.5, base_rate=0.4)
    assert take_down(rows, words, 5.0, base_rate=0.4, unlabelled=18_000) == alone
    assert alone != take_down(rows, words, 5.0, base_rate=0.4)


def test_a_new_installation_counts_the_days_it_has_not_the_window_s(words: Featurizer) -> None:
    """720 posts are of 30 days, 24 a day: divided by 60, twice as many wrong ones would pass for borne."""
    rows = examples(720)
    half = [take_down(rows, words, most, window_days=30) for most in (0.2, 0.3, 0.5, 1.0)]
    assert [take_down(rows, words, most) for most in (0.2, 0.3, 0.5, 1.0)] == half
    assert len(set(half)) > 2


@pytest.mark.parametrize("seed", range(3))
def test_a_number_a_day_alone_is_kept_to_on_later_posts_and_finds_more_than_a_precision(
    seed: int, words: Featurizer
) -> None:
    """2,400 later posts are 100 days, with at most one wrong takedown a day; 0.90 would bear half of that."""
    later = examples(2_400, clarity=0.8, seed=100 + seed, first=2_000)

    def taken_down(rules: TrainingRules) -> list[bool]:
        found = train(evidence_of(examples(2_000, clarity=0.8, seed=seed), rules), words, rules, None)
        threshold = found.passport["thresholds"]["take_down"]
        return [row.is_violation for row in later if found.final.score(row.tokens) >= threshold]

    alone, usually = (taken_down(rules) for rules in (TrainingRules(max_wrong_takedowns_per_day=1.0), RULES))
    assert alone.count(False) <= 100
    assert alone.count(True) > usually.count(True)
