-- What people last answered about each table, KPI and stretch of days.
-- Where stretches overlap, shared/kpi/responses.py lets the newer answer count for each day.
SELECT response_id, table_name, first_day, last_day, kpi, branch, note, responder, responded_at
FROM `${dataset}.alert_responses`
WHERE TRUE
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY table_name, kpi, first_day, last_day ORDER BY responded_at DESC, response_id DESC
  ) = 1
