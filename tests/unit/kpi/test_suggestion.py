"""Where to look first follows from the evidence, the strongest first."""

import pytest

from shared.kpi.arrival.findings import Arrival, ArrivalState, Finding, FindingKind
from shared.kpi.checks import CheckState, TableCheck
from shared.kpi.judgement import Status
from shared.kpi.suggestion import Branch, Clue, Suggestion, suggest
from tests.alerting import checked, judged, normal


def broken(kind: FindingKind, column: str = "", *, is_serious: bool = True) -> Arrival:
    return Arrival(ArrivalState.BROKEN, (Finding(kind, column, is_serious=is_serious),))


CASES: dict[str, tuple[TableCheck, Suggestion]] = {
    "a failed check": (checked(state=CheckState.FAILED, error="x"), Suggestion(Clue.CHECK_FAILED)),
    "nothing came": (checked(state=CheckState.MISSING), Suggestion(Clue.NOT_ARRIVED)),
    "a column is gone": (
        checked(judged("clicks", 0, 100), arrival=broken(FindingKind.COLUMN_DROPPED, "revenue")),
        Suggestion(Clue.SCHEMA, ("revenue",)),
    ),
    "too few rows": (
        checked(judged("clicks", 5, 100), arrival=broken(FindingKind.FEW_ROWS)),
        Suggestion(Clue.BROKEN_ROWS),
    ),
    "a new column is nobody's fault": (
        checked(judged("ctr", 0.1, 0.2), arrival=broken(FindingKind.COLUMN_ADDED, "x", is_serious=False)),
        Suggestion(Clue.NONE),
    ),
    "mails stopped": (
        checked(judged("mail_deliveries", 0, 9e5), judged("opens", 0, 9e4), judged("orders", 0, 400)),
        Suggestion(Clue.DELIVERIES_STOPPED),
    ),
    "one channel's mails stopped": (
        checked(
            judged("deliveries", 4e5, 9e5),
            judged("deliveries", 0, 5e5, segment="channel=mail"),
            judged("opens", 0, 5e4, segment="channel=mail"),
            normal("deliveries", 4e5, segment="channel=push"),
        ),
        Suggestion(Clue.DELIVERIES_STOPPED, ("channel=mail",)),
    ),
    "nothing is counted": (
        checked(judged("views", 0, 900), judged("clicks", 0, 90)),
        Suggestion(Clue.ALL_ZERO),
    ),
    "one KPI is not counted": (
        checked(normal("clicks"), judged("cart_adds", 0, 90)),
        Suggestion(Clue.ONE_ZERO, ("cart_adds",)),
    ),
    "bots": (
        checked(
            judged("impressions", 300, 100), judged("clicks", 90, 30), normal("orders"), normal("revenue")
        ),
        Suggestion(Clue.BOTS, ("clicks", "impressions")),
    ),
    "bots in capitals": (
        checked(judged("pageViews", 300, 100), normal("totalSales")),
        Suggestion(Clue.BOTS, ("pageViews",)),
    ),
    "more people buy more": (
        checked(judged("clicks", 90, 30), judged("orders", 9, 3), normal("coverage", 0.5, is_share=True)),
        Suggestion(Clue.NONE),
    ),
    "nobody knows whether they buy": (checked(judged("clicks", 90, 30)), Suggestion(Clue.NONE)),
    "many hardly outside": (
        checked(*(judged(kpi, 89, 100, score=1.1) for kpi in ("a", "b", "c")), normal("d")),
        Suggestion(Clue.MANY_WEAK),
    ),
    "everything halved": (
        checked(*(judged(kpi, 50, 100, score=3) for kpi in ("a", "b", "c"))),
        Suggestion(Clue.ALL_TOGETHER, ("down",)),
    ),
    "one segment": (
        checked(judged("a", 50, 100, segment="mall=x"), normal("a", segment="mall=y"), normal("a")),
        Suggestion(Clue.ONE_SEGMENT, ("mall=x",)),
    ),
    "one segment that takes the whole with it": (
        checked(judged("a", 50, 100, segment="mall=x"), normal("a", segment="mall=y"), judged("a", 150, 200)),
        Suggestion(Clue.ONE_SEGMENT, ("mall=x",)),
    ),
    "two segments and the whole": (
        checked(
            *(judged("a", 50, 100, segment=f"mall={mall}") for mall in "xy"),
            normal("a", segment="mall=z"),
            judged("a", 150, 250),
        ),
        Suggestion(Clue.NONE),
    ),
    "a drift": (
        checked(judged("deliveries", 90, 100, Status.DRIFT), normal("opens")),
        Suggestion(Clue.DRIFT, ("deliveries",)),
    ),
    "nothing to go by": (checked(judged("ctr", 0.1, 0.2, is_share=True)), Suggestion(Clue.NONE)),
    "nothing wrong": (checked(normal("ctr")), Suggestion(Clue.NONE)),
    "nothing at all": (checked(), Suggestion(Clue.NONE)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_look_follows_the_evidence(case: str) -> None:
    check, suggestion = CASES[case]
    assert suggest(check) == suggestion


def test_an_event_next_to_the_day_points_to_the_model() -> None:
    found = suggest(checked(judged("clicks", 200, 100)), events=("Winter sale",))
    assert (found.branch, found.about) == (Branch.MODEL, ("Winter sale",))


def test_an_outage_during_an_event_is_still_an_outage() -> None:
    assert suggest(checked(judged("clicks", 0, 100)), events=("Winter sale",)).clue is Clue.ALL_ZERO


def test_what_lasts_longer_than_a_week_may_be_the_new_level() -> None:
    check = checked(judged("ctr", 0.1, 0.2, is_share=True))
    assert suggest(check, day_number=7).clue is Clue.NONE
    assert suggest(check, day_number=8) == Suggestion(Clue.NEW_LEVEL)
    assert suggest(check, day_number=8).branch is Branch.SETTING
