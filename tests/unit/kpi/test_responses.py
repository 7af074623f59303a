"""What people answered about days: the newer answer on a day counts."""

from datetime import UTC, date, datetime, timedelta

from shared.kpi.responses import Branch, Response, accepted, confirmed

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def on(number: int) -> date:
    return date(2026, 11, number)


def an_answer(first: int, last: int, branch: Branch = Branch.DATA, kpi: str = "", after: int = 0) -> Response:
    return Response("t", on(first), on(last), kpi, branch, "", "me", NOW + timedelta(minutes=after))


def days(*numbers: int) -> frozenset[date]:
    return frozenset(on(number) for number in numbers)


def test_only_wrong_data_is_a_confirmed_incident() -> None:
    others = [an_answer(10, 11, branch) for branch in (Branch.MODEL, Branch.SETTING)]
    assert confirmed([], on(1), on(30)) == {}
    assert confirmed(others, on(1), on(30)) == {}
    assert confirmed([an_answer(10, 11)], on(1), on(30)) == {"": days(10, 11)}


def test_days_outside_the_window_are_left_out() -> None:
    assert confirmed([an_answer(10, 20)], on(19), on(30)) == {"": days(19, 20)}
    assert confirmed([an_answer(10, 20)], on(1), on(10)) == {"": days(10)}
    assert confirmed([an_answer(10, 20)], on(21), on(30)) == {}


def test_who_was_mistaken_answers_again_day_by_day() -> None:
    answers = [an_answer(11, 11, Branch.SETTING, after=1), an_answer(10, 12)]
    assert confirmed(answers, on(1), on(30)) == {"": days(10, 12)}
    assert confirmed([*answers, an_answer(11, 11, after=2)], on(1), on(30)) == {"": days(10, 11, 12)}


def test_an_answer_about_everything_replaces_those_about_each_but_not_the_other_way_round() -> None:
    clicks = an_answer(10, 11, kpi="clicks")
    assert confirmed([clicks, an_answer(11, 11, Branch.MODEL, after=1)], on(1), on(30)) == {
        "clicks": days(10)
    }
    everything = an_answer(10, 10)
    mine = an_answer(10, 10, Branch.MODEL, kpi="clicks", after=1)
    assert confirmed([everything, mine], on(1), on(30)) == {"": days(10)}
    assert confirmed([everything, an_answer(10, 10, kpi="clicks", after=1)], on(1), on(30)) == {
        "": days(10),
        "clicks": days(10),
    }


def test_days_people_said_are_right_are_accepted_until_somebody_says_otherwise() -> None:
    answers = [an_answer(10, 12, Branch.MODEL, kpi="clicks"), an_answer(14, 14, Branch.SETTING)]
    assert accepted(answers, on(1), on(30)) == {"clicks": days(10, 11, 12), "": days(14)}
    assert accepted([*answers, an_answer(11, 12, after=1)], on(1), on(30)) == {
        "clicks": days(10),
        "": days(14),
    }
    assert accepted([an_answer(10, 11)], on(1), on(30)) == {}
