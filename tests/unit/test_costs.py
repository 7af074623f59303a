"""Costs: the bill grows with what passes the checkpoint, and counts what infra/terraform makes."""

import re
from pathlib import Path

import pytest

from infra.costs import CONDITIONS, JOBS, SECRETS, SIZES, Habits, Load, bill, main, table
from shared.gcp.verdict_table import ASKED_DAYS
from shared.settings import judging_days, training_window_days

TERRAFORM = Path(__file__).parents[2] / "infra/terraform"
OF = Habits()


def dollars(load: Load, of: Habits = OF) -> dict[str, float]:
    return {line.name: line.dollars for line in bill(load, of)}


def written(file: str) -> str:
    return (TERRAFORM / file).read_text("utf-8")


def entry(function: str) -> dict[str, str]:
    """The plain settings of a function's entry in the registry."""
    found = re.search(rf"^    {function} = \{{\n(.*?)^    \}}$", written("functions.tf"), re.M | re.S)
    assert found
    return dict(re.findall(r'^      (\w+)\s+= "?([\w ]+)', found[1], re.M))


def test_nothing_passing_costs_what_is_always_there() -> None:
    found = dollars(Load(0, 0))

    assert all(amount >= 0 for amount in found.values())
    assert found["Pub/Sub"] == found["logs"] == found["BigQuery: storage"] == 0
    assert found["functions: always up"] > 0
    assert found["Scheduler, secrets, alert policies"] > 0


@pytest.mark.parametrize(("less", "more"), [(Load(1, 1), Load(2, 1)), (Load(1, 1), Load(1, 2)), SIZES[:2]])
def test_more_to_do_never_costs_less(less: Load, more: Load) -> None:
    before, after = dollars(less), dollars(more)

    assert all(after[name] >= before[name] for name in before)
    assert sum(after.values()) > sum(before.values())


def test_a_query_is_billed_for_10_mb_of_each_table_however_little_is_there() -> None:
    """Five lookups a takedown, at 7.50 dollars a terabyte."""
    found = dollars(Load(100, 0))["BigQuery: queries of takedowns"]

    assert found == pytest.approx(100 * 30 * OF.taken_down * 5 * 10e6 / 1e12 * 7.5)


def test_calls_that_come_alone_have_an_instance_for_themselves() -> None:
    """One post a day keeps an instance busy for as long as it takes, not for a quarter of it."""
    one, none = dollars(Load(1, 0)), dollars(Load(0, 0))

    extra = one["functions: posts"] - none["functions: posts"]
    alone = 30 * (OF.judge_seconds * (24e-6 + 2.5e-6) + OF.receive_seconds * (24e-6 + 1.25e-6))
    assert alone < extra < alone * 1.5  # training and requests besides


def test_jobs_secrets_and_policies_are_all_there_can_be() -> None:
    registry = re.search(r"^  registry = \{\n(.*?)^  \}$", written("functions.tf"), re.M | re.S)
    assert registry
    jobs = len(re.findall(r"overdue_hours = \d+", registry[1]))
    policies = re.findall(r"^\s+title\s+= ", written("alerts.tf"), re.M)

    assert jobs == JOBS
    assert len(re.findall(r"^    SEKISHO_\w+\s+= (?:true|var)", written("secrets.tf"), re.M)) == SECRETS
    assert len(policies) - 1 + jobs == CONDITIONS  # one of them stands for a missed run of each job


def test_habits_are_those_of_the_functions() -> None:
    check, judge, receive = (entry(name) for name in ("check_kpi_table", "judge_post", "receive_new_post"))

    assert (check["cpu"], check["memory"]) == ("2", "2Gi")
    assert (judge.get("cpu", "1"), judge["memory"]) == ("1", "1Gi")
    assert (receive.get("cpu", "1"), receive["memory"]) == ("1", "512Mi")
    assert float(judge["concurrency"]) == OF.judge_at_once
    assert float(receive["concurrency"]) == OF.receive_at_once
    assert 'half_hourly = { cron = "*/30 * * * *"' in written("functions.tf")
    assert OF.sweeps_a_day == 48
    assert OF.judging_days == judging_days({})
    assert OF.asked_days == ASKED_DAYS
    assert OF.window_days == training_window_days({})


def test_the_table_adds_up() -> None:
    last = table([Load(1_000, 10)]).splitlines()[-1]

    assert f"**{sum(dollars(Load(1_000, 10)).values()):,.2f}**" in last


def test_a_size_of_ones_own_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--posts", "0", "--tables", "3"])

    assert "0 posts/day, 3 tables" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--posts", "1"],
        ["--posts", "-1", "--tables", "1"],
        ["--posts", "nan", "--tables", "1"],
        ["--posts", "x"],
    ],
)
def test_half_a_size_or_none_at_all_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
