"""docs/bands.md: what it promises people is what the code does, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

from shared.kpi.configuration.table_form import TableFile
from shared.kpi.detection.calibration import DAYS
from shared.kpi.detection.judging import LEAST_DAYS
from shared.kpi.detection.sight import NEW_OWN_EVENT
from shared.kpi.prophet.levels import ACCEPTED_DAYS, LASTED_DAYS
from shared.kpi.responses import Branch

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "bands.md").read_text(encoding="utf-8")
DAYS_IN = {"day": 1, "week": 7, "weeks": 7, "month": 30.4, "months": 30.4, "days": 1}
ROWS = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)


def days_between(said: str) -> float:
    """Of `1 in 2 weeks` or `10 a week`."""
    if found := re.fullmatch(r"1 in (\d+) (\w+)", said):
        return int(found[1]) * DAYS_IN[found[2]]
    found = re.fullmatch(r"(\d+) a (\w+)", said)
    assert found, said
    return DAYS_IN[found[2]] / int(found[1])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_sum_of_false_alarms_is_right(place: int) -> None:
    assert len(ROWS) == 3
    for kpis, *cells in ROWS:
        a_year = int(kpis) * (2, 6, 26)[place]
        assert days_between(cells[place]) == pytest.approx(365 / a_year, rel=0.11)


def test_the_default_it_speaks_of_is_the_default() -> None:
    assert TableFile.model_fields["sensitivity"].default == 6
    assert "at 6, the default" in PAGE


def test_what_it_says_of_time_and_width_is_so() -> None:
    assert ("twelve weeks" in PAGE) == (DAYS == 12 * 7)
    assert ("3 weeks of history to say anything" in PAGE) == (LEAST_DAYS == 21)
    assert ("after 3 days instead of 3 weeks" in PAGE) == (ACCEPTED_DAYS == 3 and LASTED_DAYS == 21)
    assert ("the band is three times as wide" in PAGE) == (NEW_OWN_EVENT == 3.0)


def test_every_answer_is_explained() -> None:
    assert re.findall(r"^\| \*\*(\w+)\*\* \|", PAGE, re.MULTILINE) == [each.value for each in Branch]


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", PAGE)
    assert len(links) >= 5
    for file, heading in links:
        text = (DOCS / file).read_text(encoding="utf-8")
        heads = {
            re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-")
            for each in re.findall(r"^#+ (.+)$", text, re.M)
        }
        assert not heading or heading in heads, (file, heading)
