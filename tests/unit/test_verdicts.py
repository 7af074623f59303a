"""Verdicts and the names made of them: the same for ever, different for everything else."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.keys import key_of
from shared.spam.verdicts import Action, Mode, Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def verdict(post_id: str = "p", revision: int = 1, version: str = "v", mode: Mode = Mode.AUTO) -> Verdict:
    return Verdict(post_id, revision, NOW, "bayes", version, 0.5, Action.LEAVE, "", (), "", mode, NOW)


def test_actions_grow_stronger_from_leave_to_take_down() -> None:
    assert sorted(Action, key=lambda action: action.strength) == [
        Action.LEAVE,
        Action.REVIEW,
        Action.TAKE_DOWN,
    ]


@pytest.mark.parametrize(
    ("mode", "acts", "takes_down"),
    [
        (Mode.SHADOW, False, False),
        (Mode.REVIEW, True, False),
        (Mode.CAPPED, True, True),
        (Mode.AUTO, True, True),
    ],
)
def test_how_far_each_mode_goes(mode: Mode, acts: bool, takes_down: bool) -> None:
    assert (mode.acts, mode.takes_down) == (acts, takes_down)


def test_a_shadow_verdict_does_not_take_the_place_of_an_acting_one() -> None:
    acting = {verdict(mode=mode).verdict_id for mode in (Mode.REVIEW, Mode.CAPPED, Mode.AUTO)}
    assert len(acting) == 1
    assert verdict(mode=Mode.SHADOW).verdict_id not in acting


def test_another_post_revision_or_model_has_another_verdict_id() -> None:
    ids = {one.verdict_id for one in (verdict(), verdict("q"), verdict(revision=2), verdict(version="w"))}
    assert len(ids) == 4


def test_a_key_stays_the_same_over_releases() -> None:
    """The platform remembers takedown keys for ever."""
    assert key_of("takedown", "p-1", "1") == "takedown-b8f8f734c14387f45edf473cf3e752ddb3dbbd7e"


PARTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), max_size=10), max_size=4)


@given(PARTS, PARTS)
def test_different_parts_have_different_keys_fit_for_a_header(one: list[str], other: list[str]) -> None:
    assert (key_of("verdict", *one) == key_of("verdict", *other)) == (one == other)
    assert re.fullmatch(r"verdict-[0-9a-f]{40}", key_of("verdict", *one))


def test_half_a_surrogate_pair_still_has_a_key() -> None:
    assert key_of("verdict", "\ud800").startswith("verdict-")
