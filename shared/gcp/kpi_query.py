"""The question asked of a KPI table: one query, an answer of a row per segment, whatever the table's size.

Names come from the table's own schema and are quoted; every value is a parameter.
"""

from dataclasses import dataclass

from shared.kpi.configuration.watched import PARTS
from shared.kpi.history import NO_VALUE, NUMBERS, Shape, made_of, product_of, weights_of
from shared.kpi.tables import Average, Watched

# GROUPING SETS give the whole and its segments in one pass over the table. Segments are ranked by what they
# had until a week ago: one that vanished is read as long as it is news, and none takes its place meanwhile.
SEGMENTED = """
WITH
  source AS ({source}),
  daily AS (
    SELECT {segments}, day, GROUPING({first_segment}) AS is_whole, COUNT(*) AS row_count, {numbers} AS numbers
    FROM source
    GROUP BY GROUPING SETS ((day), (day, {segments}))
  ),
  sized AS (
    SELECT
      *,
      SUM(IF(day > @recent, row_count, 0)) OVER (PARTITION BY is_whole, {segments}) AS recent_rows,
      SUM(IF(day > @settled_since AND day <= @settled, row_count, 0))
        OVER (PARTITION BY is_whole, {segments}) AS settled_rows
    FROM daily
  ),
  ranked AS (
    SELECT
      *,
      DENSE_RANK() OVER (
        PARTITION BY is_whole
        ORDER BY settled_rows DESC, IF(settled_rows > 0, 0, recent_rows) DESC, {segments}
      ) AS place
    FROM sized
    WHERE is_whole = 1 OR recent_rows > 0
  )
SELECT
  is_whole, {segments}, place, MAX(place) OVER () AS places, STRING_AGG(numbers, ',' ORDER BY day) AS days
FROM ranked
GROUP BY is_whole, {segments}, place
QUALIFY is_whole = 1 OR place <= @most_segments
ORDER BY is_whole DESC, place
"""

WHOLE_ONLY = """
WITH
  source AS ({source}),
  daily AS (SELECT day, {numbers} AS numbers FROM source GROUP BY day)
SELECT 1 AS is_whole, 0 AS places, STRING_AGG(numbers, ',' ORDER BY day) AS days
FROM daily
"""

SOURCE = """
  SELECT
    {values}
  FROM {table}
  WHERE {days}
"""


FIRST_CELL = 4
"""Before the cells every day says: days since 1970, rows, duplicates, microseconds since 1970 of the last."""


@dataclass(frozen=True)
class Question:
    """One query and how its answer is read.

    The answer has a row per segment, whose `days` are JSON arrays of numbers, one a day, with commas between:
    a thousand days of ten KPIs are 40,000 numbers, which take seconds as rows and columns of their own.
    `cells` is by name the place in such an array of a cell's total, which is followed by how many rows are
    filled, the lowest and the highest.
    """

    sql: str
    cells: dict[str, int]
    segments: dict[str, str]
    """By segment column, its alias."""


def ask(table: str, shape: Shape, watched: Watched, partition: str | None) -> Question | None:
    """The question that reads what `watched` needs of `table` (quoted), None where no column says the day.

    Only columns that are numbers in `shape` are read, so that a retyped column spoils nothing else. Takes
    the parameters start_day, end_day (DATE), start, end (TIMESTAMP), zone, recent, settled_since, settled,
    keys_since (DATE) and most_segments.
    """
    kind = shape.type_of(watched.date_column)
    if kind not in _DAY_OF:
        return None
    date_column = quoted(watched.date_column)
    day = _DAY_OF[kind].format(column=date_column)
    values, numbers = [f"{day} AS day"], ["UNIX_DATE(day)", "COUNT(*)"]
    if watched.key and all(shape.type_of(name) for name in watched.key):
        key = ", ".join(map(quoted, watched.key))
        row_key = f"FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({key})))"
        values.append(f"IF({day} > @keys_since, {row_key}, NULL) AS row_key")
        numbers.append("COUNT(row_key) - COUNT(DISTINCT row_key)")
    else:
        numbers.append("0")
    if kind == "DATE":
        numbers.append("NULL")
    else:
        values.append(f"UNIX_MICROS(TIMESTAMP({date_column})) AS moment")
        numbers.append("MAX(moment)")
    columns, of_cells, cells = _cells(shape, watched)
    segments: dict[str, str] = {}
    if all(shape.type_of(name) in PARTS for name in watched.segments):
        segments = {name: f"s{number}" for number, name in enumerate(watched.segments)}
    names = [
        f"IFNULL(CAST({quoted(name)} AS STRING), '{NO_VALUE}') AS {alias}" for name, alias in segments.items()
    ]
    source = SOURCE.format(
        values=",\n    ".join([*values, *columns, *names]),
        table=table,
        days=_days(kind, date_column, shape, watched, partition),
    )
    floats = ", ".join(f"CAST({number} AS FLOAT64)" for number in [*numbers, *of_cells])
    sql = (SEGMENTED if segments else WHOLE_ONLY).format(
        source=source,
        numbers=f"TO_JSON_STRING([{floats}])",
        segments=", ".join(segments.values()),
        first_segment=next(iter(segments.values()), ""),
    )
    return Question(sql, cells, segments)


def _cells(shape: Shape, watched: Watched) -> tuple[list[str], list[str], dict[str, int]]:
    """The columns to read of a row, the numbers to make of a day's rows, and where each cell's begin."""
    aliases: dict[str, str] = {}
    for name in (name for inputs in made_of(watched).values() for name in inputs):
        if name not in aliases and shape.type_of(name) in NUMBERS:
            aliases[name] = f"c{len(aliases)}"
    measured = dict(aliases)
    for kpi in watched.derived.values():
        if isinstance(kpi, Average) and kpi.weight and {kpi.column, kpi.weight} <= aliases.keys():
            column, weight = aliases[kpi.column], aliases[kpi.weight]
            measured[product_of(kpi.column, kpi.weight)] = f"{column} * {weight}"
            measured[weights_of(kpi.column, kpi.weight)] = f"IF({column} IS NULL, NULL, {weight})"
    numbers = [
        number
        for value in measured.values()
        for number in (f"SUM({value})", f"COUNT({value})", f"MIN({value})", f"MAX({value})")
    ]
    columns = [f"{_number(name, shape)} AS {alias}" for name, alias in aliases.items()]
    return columns, numbers, {name: FIRST_CELL + 4 * place for place, name in enumerate(measured)}


_DAY_OF = {
    "DATE": "{column}",
    "DATETIME": "DATE({column})",  # the clock of the table's own time zone, as it stands
    "TIMESTAMP": "DATE({column}, @zone)",
}
_WITHIN = {
    "DATE": "{column} >= @start_day AND {column} < @end_day",
    "DATETIME": "{column} >= DATETIME(@start_day) AND {column} < DATETIME(@end_day)",
    "TIMESTAMP": "{column} >= @start AND {column} < @end",
}
_EVER = {
    "DATE": "{column} >= DATE '0001-01-01'",
    "DATETIME": "{column} >= DATETIME '0001-01-01 00:00:00'",
    "TIMESTAMP": "{column} >= TIMESTAMP '0001-01-01 00:00:00+00'",
}


def _days(kind: str, date_column: str, shape: Shape, watched: Watched, partition: str | None) -> str:
    """The days asked for. A table partitioned by something else may insist on a filter on that, too."""
    days = _WITHIN[kind].format(column=date_column)
    if partition is None or partition.lower() == watched.date_column.lower():
        return days
    ever = _EVER.get(shape.type_of(partition) or "")
    return f"{days} AND {ever.format(column=quoted(partition))}" if ever else days


def quoted(name: str) -> str:
    """`name` as BigQuery takes an identifier, whatever is in it."""
    escaped = name.replace("\\", "\\\\").replace("`", "\\`")
    return f"`{escaped}`"


def _number(name: str, shape: Shape) -> str:
    """A column as FLOAT64, which no sum overflows; NaN and infinity are no values."""
    column = quoted(name)
    if shape.type_of(name) == "FLOAT":
        return f"IF(IS_NAN({column}) OR IS_INF({column}), NULL, {column})"
    return f"CAST({column} AS FLOAT64)"
