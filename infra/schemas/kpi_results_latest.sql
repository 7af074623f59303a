-- What is thought of every table's KPIs, day by day: the rows of the newest check of a day that judged any.
-- Not the newest row per KPI: one that a new configuration no longer watches would stay for ever.
-- The window keeps a filter on day from reaching the partitions: for a few days of results, filter the table
-- itself, as shared/gcp/result_table.py does.
SELECT
  result_id, table_name, day, kpi, segment, status, value, volume, expected, lower, upper, score, direction,
  since, detector, note, checked_at, check_id
FROM `${dataset}.kpi_results`
WHERE TRUE
QUALIFY
  check_id = FIRST_VALUE(check_id) OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC)
  AND ROW_NUMBER() OVER (PARTITION BY table_name, day, kpi, segment, check_id ORDER BY checked_at DESC) = 1
