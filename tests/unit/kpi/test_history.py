"""History: what a table should hold, by what it held before."""

from shared.kpi.history import Column, Shape, made_of, remembered
from shared.kpi.tables import Average, Ratio, Watched

BEFORE = Shape((Column("day", "DATE"), Column("clicks", "INTEGER"), Column("mall", "STRING")), "day")


def test_a_type_is_found_whatever_the_case_of_the_name() -> None:
    assert BEFORE.type_of("CLICKS") == "INTEGER"
    assert BEFORE.type_of("views") is None


def test_every_kpi_is_made_of_its_columns() -> None:
    derived: dict[str, Ratio | Average] = {
        "ctr": Ratio("clicks", "views"),
        "mean": Average("score"),
        "weighted": Average("score", "views"),
    }
    assert made_of(Watched("day", ("clicks",), derived, (), ("day",))) == {
        "clicks": ("clicks",),
        "ctr": ("clicks", "views"),
        "mean": ("score",),
        "weighted": ("score", "views"),
    }


def test_a_table_seen_for_the_first_time_should_have_what_it_has() -> None:
    assert remembered(BEFORE.columns, None) == BEFORE.columns


def test_a_column_that_was_dropped_should_be_there() -> None:
    kept = (Column("day", "DATE"), Column("mall", "STRING"))
    assert remembered(kept, BEFORE) == (*kept, Column("clicks", "INTEGER"))


def test_a_number_or_a_day_that_became_something_else_should_be_what_it_was() -> None:
    now = (Column("DAY", "STRING"), Column("clicks", "STRING"), Column("mall", "STRING"))
    assert remembered(now, BEFORE) == BEFORE.columns


def test_a_change_that_keeps_a_column_useful_counts_as_it_is_now() -> None:
    now = (
        Column("day", "TIMESTAMP"),
        Column("clicks", "FLOAT"),
        Column("mall", "INTEGER"),
        Column("new", "JSON"),
    )
    assert remembered(now, BEFORE) == now
