-- What is thought of every table's KPIs, day by day: the rows of the newest check of a day that judged any.
-- Not the newest row per KPI: one that a new configuration no longer watches would stay for ever. Where no
-- check of the day has a KPI, what was seen of it by a later day's check stands in: its status is history.
-- The window keeps a filter on day from reaching the partitions: for a few days of results, filter the table
-- itself, as shared/gcp/summary_source.py does.
SELECT
  result_id, table_name, day, kpi, segment, status, value, volume, expected, lower, upper, score, direction,
  since, detector, note, checked_at, check_id
FROM `${dataset}.kpi_results`
WHERE TRUE
QUALIFY
  (status = 'history' OR check_id = FIRST_VALUE(check_id) OVER (
    PARTITION BY table_name, day ORDER BY status = 'history', checked_at DESC, check_id DESC
  ))
  AND ROW_NUMBER() OVER (
    PARTITION BY table_name, day, kpi, segment ORDER BY status = 'history', checked_at DESC, check_id DESC
  ) = 1
