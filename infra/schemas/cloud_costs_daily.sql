-- What Google Cloud cost after credits, one row per day, service and currency, for the last 400 days: a KPI table
-- like any other. Days are those of Cloud Billing's own reports, in US Pacific time whatever the project's zone;
-- the newest days grow while usage is still being reported. Taxes, adjustments and rounding errors are left out:
-- they are booked on one day for a whole month. docs/kpi-measures.md says how to read one's own export.
WITH
  charges AS (
    SELECT
      DATE(usage_start_time, 'America/Los_Angeles') AS day,
      COALESCE(service.description, 'unknown') AS service,
      currency,
      cost + COALESCE((SELECT SUM(credit.amount) FROM UNNEST(credits) AS credit), 0) AS cost
    FROM `${dataset}.billing_export`
    WHERE usage_start_time >= TIMESTAMP(
        DATE_SUB(CURRENT_DATE('America/Los_Angeles'), INTERVAL 399 DAY), 'America/Los_Angeles'
      )
      AND COALESCE(cost_type, 'regular') = 'regular'
  )
SELECT day, service, currency, SUM(cost) AS cost
FROM charges
GROUP BY day, service, currency
