-- How the item slot on product pages did, one row per day in Asia/Tokyo and mall: a KPI table like any other.
-- The measures are those of recommendation_measures_daily; docs/kpi-measures.md defines them.
SELECT
  day, mall, impressions, clicks, cart_adds, favourites, orders, revenue,
  coverage, diversity, intra_list_diversity, serendipity
FROM `${dataset}.recommendation_measures_daily`
WHERE surface = 'item_slot'
