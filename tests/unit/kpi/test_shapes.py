"""The shape a table is held against, until a changed one is mended or accepted."""

from datetime import UTC, date, datetime

import pytest

from shared.kpi.history import Column, Shape
from shared.kpi.responses import Branch, Response
from shared.kpi.shapes import shape_to_compare


def on(number: int) -> date:
    return date(2026, 11, number)


def a_shape(*columns: str) -> Shape:
    """Columns by name, of INTEGER unless said otherwise after a colon."""
    typed = (f"{each}:INTEGER".split(":")[:2] for each in columns)
    return Shape(tuple(Column(name, kind) for name, kind in typed), "day")


WHOLE, DROPPED, RETYPED = a_shape("clicks", "orders"), a_shape("orders"), a_shape("clicks:STRING", "orders")


def compared(seen: dict[int, Shape], day: int, *responses: Response) -> Shape | None:
    return shape_to_compare({on(number): shape for number, shape in seen.items()}, responses, on(day))


def an_answer(branch: Branch, day: int, kpi: str = "", hour: int = 3) -> Response:
    answered_at = datetime(2026, 11, 22, hour, tzinfo=UTC)
    return Response("t", on(day), on(day), kpi, branch, "", "", answered_at)


def test_the_first_check_has_nothing_to_compare_with() -> None:
    assert compared({}, 10) is None
    assert compared({10: WHOLE}, 10) is None


def test_what_changed_is_told_every_day_for_a_week_and_is_how_it_is_then() -> None:
    for changed in (DROPPED, RETYPED):
        seen = {9: WHOLE}
        for day in range(10, 17):
            assert compared(seen, day) == WHOLE
            seen[day] = changed
        assert compared(seen, 17) == changed
        assert compared(seen | {17: changed}, 18) == changed


def test_another_change_in_the_week_begins_it_anew() -> None:
    seen = {
        9: a_shape("clicks", "orders", "views"),
        **{day: a_shape("orders", "views") for day in (10, 11, 12)},
    }
    seen |= {day: a_shape("orders") for day in range(13, 20)}
    assert compared(seen, 19) == seen[9]
    assert compared(seen, 20) == a_shape("orders")


def test_a_change_is_told_for_its_own_week_after_another_was_accepted() -> None:
    seen = {
        9: a_shape("clicks", "orders", "views"),
        **dict.fromkeys(range(10, 17), a_shape("orders", "views")),
    }
    for day in range(17, 24):
        assert compared(seen, day) == a_shape("orders", "views")
        seen[day] = a_shape("orders")
    assert compared(seen, 24) == a_shape("orders")


def test_what_is_mended_is_compared_with_again() -> None:
    seen = {9: WHOLE, 10: DROPPED, 11: WHOLE, 12: DROPPED}
    assert compared(seen, 13) == WHOLE
    assert compared(seen, 18) == WHOLE
    assert compared(seen | dict.fromkeys(range(13, 19), DROPPED), 19) == DROPPED


def test_a_column_that_was_added_is_how_it_is_at_once() -> None:
    more = a_shape("clicks", "orders", "views")
    assert compared({9: WHOLE, 10: more}, 11) == more
    assert compared({9: WHOLE, 10: more, 11: a_shape("clicks", "views")}, 12) == more


@pytest.mark.parametrize("kpi", ["", "clicks"])
@pytest.mark.parametrize("branch", [Branch.SETTING, Branch.MODEL])
def test_an_answer_that_it_is_right_accepts_the_change_at_once(branch: Branch, kpi: str) -> None:
    answer = an_answer(branch, 10, kpi)
    seen = {9: WHOLE, 10: DROPPED}
    assert compared(seen, 10, answer) == DROPPED  # the day itself is looked at again
    assert compared(seen, 11, answer) == DROPPED
    assert compared(seen | {11: DROPPED}, 12, answer) == DROPPED


def test_answers_about_other_columns_or_that_the_data_is_wrong_accept_nothing() -> None:
    seen = {9: WHOLE, 10: DROPPED}
    assert compared(seen, 11, an_answer(Branch.SETTING, 10, "orders")) == WHOLE
    assert compared(seen, 11, an_answer(Branch.DATA, 10)) == WHOLE
    assert compared(seen, 11, an_answer(Branch.SETTING, 9)) == WHOLE
    both = {9: WHOLE, 10: a_shape("other")}
    assert compared(both, 11, an_answer(Branch.SETTING, 10, "clicks")) == WHOLE
    answers = an_answer(Branch.SETTING, 10, "clicks"), an_answer(Branch.MODEL, 10, "orders")
    assert compared(both, 11, *answers) == a_shape("other")


def test_of_two_answers_the_newer_counts() -> None:
    seen = {9: WHOLE, 10: DROPPED}
    mistaken, corrected = an_answer(Branch.SETTING, 10), an_answer(Branch.DATA, 10, hour=4)
    assert compared(seen, 11, corrected, mistaken) == WHOLE


def test_a_past_day_is_compared_with_how_the_table_is_accepted_to_be_by_now() -> None:
    seen = {9: WHOLE, **dict.fromkeys(range(10, 19), DROPPED)}
    assert compared(seen, 8) == DROPPED
    assert compared({9: WHOLE, 11: DROPPED}, 10) == WHOLE
