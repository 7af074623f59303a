-- How the home page's modules did, one row per day in Asia/Tokyo, mall and gender: a KPI table like any other.
-- The measures are those of recommendation_measures_daily; docs/kpi-measures.md defines them.
SELECT
  day, mall, gender, impressions, clicks, cart_adds, favourites, orders, revenue,
  coverage, diversity, intra_list_diversity, serendipity
FROM `${dataset}.recommendation_measures_daily`
WHERE surface = 'home'
