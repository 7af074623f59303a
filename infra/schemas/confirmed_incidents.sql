-- The days of every table that people confirmed as incidents, for dashboards: of each day, table and KPI the
-- newest answer, where that was data. kpi is empty where the whole table is meant; such an answer replaces
-- what was said of its KPIs before. Bands leave out the same days, by shared/kpi/responses.py.
WITH
  answers AS (
    SELECT table_name, kpi, day, branch, note, responder, responded_at, response_id
    FROM `${dataset}.alert_responses`
    CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(first_day, last_day)) AS day
  ),
  newest AS (
    SELECT
      table_name, kpi, day, branch, note, responder, responded_at,
      MAX(IF(kpi = '', responded_at, NULL)) OVER (PARTITION BY table_name, day) AS replaced_at
    FROM answers
    WHERE TRUE
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY table_name, kpi, day ORDER BY responded_at DESC, response_id DESC) = 1
  )
SELECT table_name, kpi, day, note, responder, responded_at
FROM newest
WHERE branch = 'data' AND (kpi = '' OR replaced_at IS NULL OR replaced_at <= responded_at)
