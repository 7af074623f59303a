-- What is thought of every table's KPIs, day by day: the rows of the newest check of a day that judged any.
-- Not the newest row per KPI: one that a new configuration no longer watches would stay for ever. Where no
-- check of the day has a KPI, what was seen of it by a later day's check stands in: its status is history.
-- So it does where the KPI was made of something else then: what is compared must be of one definition, the
-- one the newest day was checked with (an old day that is checked again says nothing of the days since). What
-- was thought of another is still in the table. A muted day has no value of any.
-- The windows keep a filter on day from reaching the partitions: for a few days of results, filter the table
-- itself, as shared/gcp/summary_source.py does.
WITH defined AS (
  SELECT
    *,
    LAST_VALUE(IF(status = 'history', NULL, made_of) IGNORE NULLS) OVER (
      PARTITION BY table_name, kpi ORDER BY day, checked_at, check_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS made_of_now
  FROM `${dataset}.kpi_results`
)
SELECT
  result_id, table_name, day, kpi, segment, status, value, volume, made_of, expected, lower, upper, score,
  direction, since, detector, note, checked_at, check_id
FROM defined
WHERE TRUE
QUALIFY
  (status = 'history' OR check_id = FIRST_VALUE(check_id) OVER (
    PARTITION BY table_name, day ORDER BY status = 'history', checked_at DESC, check_id DESC
  ))
  AND ROW_NUMBER() OVER (
    PARTITION BY table_name, day, kpi, segment
    ORDER BY
      IF(made_of = made_of_now OR status = 'muted', 0, 1), status = 'history', checked_at DESC, check_id DESC
  ) = 1
