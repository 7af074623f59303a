"""Evidence: how many passing posts each held-out one stands for."""

from dataclasses import replace
from math import fsum

import pytest

from shared.spam.evidence import FEWEST_FOUND, Example, weighed
from shared.spam.labels import Source
from tests.unit.test_training import evidence_of, one


def labelled(violations: int, ordinary: int, source: Source, first: int = 0) -> list[Example]:
    rows = [one(first + number, number < violations, ["x"]) for number in range(violations + ordinary)]
    return [replace(row, labelled=replace(row.labelled, source=source)) for row in rows]


def shares(found: list[Example], *, violation: bool) -> dict[Source, float]:
    """What part of its kind the examples of each source stand for."""
    mine = [row for row in found if row.is_violation == violation]
    whole = fsum(row.weight for row in mine)
    return {
        source: fsum(row.weight for row in mine if row.labelled.source is source) / whole for source in Source
    }


def test_the_queue_stands_for_itself_and_the_patrol_for_all_that_no_queue_showed() -> None:
    # 10,000 posts at 8 %: 800 violations, of which the queue showed 600; 9,200 ordinary, 460 in the queue.
    queue, patrol = labelled(600, 460, Source.QUEUE), labelled(40, 460, Source.PATROL, 5_000)
    evidence = evidence_of([*queue, *patrol], unlabelled=10_000 - 1_560)
    held_out = [*queue[:200], *queue[600:700], *patrol[:20], *patrol[40:140]]
    found = weighed(held_out, evidence, 0.08)
    assert [row.labelled for row in found] == [row.labelled for row in held_out]
    assert shares(found, violation=True)[Source.QUEUE] == pytest.approx(600 / 800)
    assert shares(found, violation=False)[Source.QUEUE] == pytest.approx(460 / 9_200)
    assert fsum(row.weight for row in found) == pytest.approx(len(found))


def test_an_appeal_is_not_drawn_at_random_and_counts_as_the_queue_does() -> None:
    rows = [*labelled(30, 30, Source.APPEAL), *labelled(30, 30, Source.PATROL, 100)]
    found = weighed(rows, evidence_of(rows, unlabelled=880), 0.1)
    assert shares(found, violation=True)[Source.APPEAL] == pytest.approx(30 / 100)


@pytest.mark.parametrize("patrolled", [0, FEWEST_FOUND - 1])
def test_a_kind_the_patrol_hardly_found_is_left_as_it_is(patrolled: int) -> None:
    rows = [*labelled(50, 50, Source.QUEUE), *labelled(patrolled, 50, Source.PATROL, 200)]
    found = weighed(rows, evidence_of(rows, unlabelled=9_000), 0.08)
    assert {row.weight for row in found if row.is_violation} == {1.0}
    assert len({row.weight for row in found if not row.is_violation}) == 2


def test_posts_that_are_all_labelled_stand_for_themselves() -> None:
    rows = [*labelled(50, 50, Source.QUEUE), *labelled(0, 0, Source.PATROL)]
    assert weighed(rows, evidence_of(rows), 0.5) == rows


def test_more_labels_than_the_base_rate_has_violations_do_no_harm() -> None:
    rows = [*labelled(500, 50, Source.QUEUE), *labelled(20, 80, Source.PATROL, 1_000)]
    found = weighed(rows, evidence_of(rows, unlabelled=1_000), 0.01)
    assert {row.weight for row in found if row.is_violation} == {1.0}
