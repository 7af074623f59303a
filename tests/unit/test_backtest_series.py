"""The CSV of `sekisho backtest`: what is read of it, and what is told of one that is wrong."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from infra.cli.backtest_series import Label, read_labels, read_series
from shared.errors import BadRow
from tests.real_series import series_file


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "series.csv"
    path.write_text(text, encoding=encoding, newline="")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(BadRow) as raised:
        read_series(write(folder, text))
    message = str(raised.value)
    assert "series.csv" in message
    assert "expected" in message
    assert "came" in message
    return message


def test_missing_days_and_empty_cells_are_missing_values(tmp_path: Path) -> None:
    file = read_series(write(tmp_path, "date,visits,sales\n2026-01-01,10,1.5\n2026-01-03,,-2e3\n\n"))
    assert file.kpis == ("visits", "sales")
    assert file.days == (date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3))
    np.testing.assert_array_equal(file.values("visits"), [10, np.nan, np.nan])
    np.testing.assert_array_equal(file.values("sales"), [1.5, np.nan, -2000])
    assert list(file.rows) == [date(2026, 1, 1), date(2026, 1, 3)]  # the second has no row, the third has one


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_rows_may_come_in_any_order_and_columns_too(tmp_path: Path, encoding: str) -> None:
    text = "売上, date\r\n3,2026-01-03\r\n1,2026-01-01\r\n 2 ,2026-01-02\r\n"
    file = read_series(write(tmp_path, text, encoding))
    np.testing.assert_array_equal(file.values("売上"), [1, 2, 3])


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("abc", "a finite number, or nothing"),
        ("inf", "a finite number"),
        ("nan", "a finite number"),
        ("1e999", "a finite number"),
        ("1_000", "a finite number"),
        ("１２", "a finite number"),
        ('"1,234"', "without separators between thousands"),
        ('"1.234,50"', "without separators between thousands"),
        ("12%", "a share such as 0.12"),
        ("¥1200", "a finite number"),
    ],
)
def test_what_is_no_number_is_told_with_line_and_column(tmp_path: Path, cell: str, hint: str) -> None:
    message = refusal(tmp_path, f"date,visits,sales\n2026-01-01,1,2\n2026-01-02,1,{cell}\n")
    assert "line 3, column sales" in message
    assert hint in message
    assert repr(cell.strip('"')) in message


@pytest.mark.parametrize(
    "day",
    ["1.08.2019", "2019/08/01", "08-01-2019", "20190801", "2019-8-1", "2019-W31-4", "2019-08-01 00:00", ""],
)
def test_other_ways_to_write_a_day_are_told(tmp_path: Path, day: str) -> None:
    message = refusal(tmp_path, f"date,visits\n{day},1\n")
    assert "line 2, column date: expected a day as YYYY-MM-DD" in message
    assert repr(day) in message


def test_a_day_that_never_was_is_told(tmp_path: Path) -> None:
    assert "line 2, column date: expected a day of the calendar" in refusal(
        tmp_path, "date,visits\n2026-02-29,1\n"
    )


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31"])
def test_a_day_that_stands_for_never_is_told(tmp_path: Path, day: str) -> None:
    message = refusal(tmp_path, f"date,visits\n{day},1\n")
    assert "line 2, column date: expected a day of the years 1900 to 2200" in message


def test_a_day_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    message = refusal(tmp_path, "date,visits\n2026-01-01,1\n2026-01-02,1\n2026-01-01,2\n")
    assert "line 4, column date" in message
    assert "it stands on line 2 too" in message


def test_a_day_far_from_all_others_is_told_rather_than_taken_for_years_without_values(tmp_path: Path) -> None:
    message = refusal(tmp_path, "date,visits\n2105-01-01,1\n2026-01-01,1\n")
    assert "line 2, column date" in message
    assert "2026-01-01, line 3" in message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "an empty file"),
        ("day,visits\n2026-01-01,1\n", "expected a column date"),
        ("Date,visits\n2026-01-01,1\n", "names of columns are lower case"),
        ("date;visits\n2026-01-01;1\n", "separated by ;"),
        ("date,visits\n", "nothing below it"),
        ("date\n2026-01-01\n", "a column per KPI"),
        ("date,visits,\n2026-01-01,1,2\n", "a name of every column, came none of column 3"),
        ("date,visits,visits\n2026-01-01,1,2\n", "each column once"),
        ("date,visits\n2026-01-01,1,2\n", "expected 2 columns, came 3"),
    ],
)
def test_a_file_of_another_form_is_told(tmp_path: Path, text: str, hint: str) -> None:
    assert hint in refusal(tmp_path, text)


def test_a_raw_export_is_told_what_it_lacks() -> None:
    with pytest.raises(BadRow, match="line 1: expected a column date, came Campaign Name, Date"):
        read_series(series_file("ads_funnel_30d_raw"))


def test_labels_are_of_one_kpi_or_of_all(tmp_path: Path) -> None:
    path = write(tmp_path, "date,kpi,why\n2026-01-01,visits,outage\n2026-01-02,,storm\n")
    assert read_labels(path, ["visits"]) == [
        Label(date(2026, 1, 1), "visits"),
        Label(date(2026, 1, 2), ""),
    ]
    assert read_labels(write(tmp_path, "date\n2026-01-02\n"), ["visits"]) == [Label(date(2026, 1, 2), "")]
    assert read_labels(write(tmp_path, "date\n"), ["visits"]) == []


def test_a_label_of_a_kpi_the_file_does_not_have_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "date,kpi\n2026-01-01,visit\n")
    with pytest.raises(BadRow, match="line 2, column kpi: expected one of visits, or nothing for all"):
        read_labels(path, ["visits"])
