"""moderation.yaml: cautious where it says nothing, and exact about what is wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.errors import ConfigError
from shared.spam.moderation import Moderation
from shared.spam.verdicts import Mode


def test_nothing_said_means_shadow() -> None:
    assert Moderation.parse({}, "file") == Moderation(Mode.SHADOW, "bayes", 50)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_can_be_set(mode: Mode) -> None:
    assert Moderation.parse({"mode": mode.value}, "file").mode is mode


def test_the_file_in_the_repository_is_valid_and_acts_on_nothing() -> None:
    path = Path(__file__).parents[2] / "infra" / "moderation.yaml"
    assert Moderation.parse(yaml.safe_load(path.read_text()), str(path)).mode is Mode.SHADOW


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ({"mode": "Auto"}, "mode"),
        ({"mode": True}, "mode"),
        ({"mode": None}, "mode"),
        ({"detector": "svm"}, "detector"),
        ({"max_takedowns_per_day": -1}, "max_takedowns_per_day"),
        ({"max_takedowns_per_day": "50"}, "max_takedowns_per_day"),
        ({"max_takedowns_per_day": 1.5}, "max_takedowns_per_day"),
        ({"max_takedowns_per_day": True}, "max_takedowns_per_day"),
        ({"max_takedowns_per_day": 10**7}, "max_takedowns_per_day"),
        ({"mdoe": "auto"}, "mdoe"),
    ],
)
def test_a_wrong_entry_is_named_with_the_file(entries: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Moderation.parse(entries, "gs://b/moderation.yaml")
    assert str(raised.value).startswith(f"gs://b/moderation.yaml: {field}: ")
