-- Where every table's day stands: its newest check.
-- The check_id breaks ties, so that two checks of the same instant always give the same one.
SELECT
  check_id, table_name, day, state, row_count, findings, shape, kpis, kept, error, notes, seconds, checked_at
FROM `${dataset}.table_checks`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name, day ORDER BY checked_at DESC, check_id DESC) = 1
