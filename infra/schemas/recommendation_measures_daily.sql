-- How recommendations did, one row per day in Asia/Tokyo, surface, mall and gender, for the last 400 days; the
-- newest row is today's, not yet complete. The item slot knows no departments: its gender is "all". A day on which
-- nothing was shown has no row. docs/kpi-measures.md defines every measure and names its source.
--   impressions, clicks, cart_adds, favourites, orders, revenue: sums;
--   coverage: items on sale that were shown / items on sale;
--   diversity: entropy of the shown categories / its largest value with the categories there are;
--   intra_list_diversity: mean over lists of the share of pairs whose categories differ;
--   serendipity: of what users liked, the share outside the three categories they saw most in 28 days before.
-- A measure is null where there is nothing to measure it by; null is never 0.
WITH
  shown AS (
    SELECT
      DATE(shown_at, 'Asia/Tokyo') AS day,
      surface,
      mall,
      IF(surface = 'home', COALESCE(gender, 'all'), 'all') AS gender,
      module,
      shown_at,
      user_id,
      item_id,
      category,
      COALESCE(was_clicked, FALSE) AS was_clicked,
      COALESCE(was_added_to_cart, FALSE) AS was_added_to_cart,
      COALESCE(was_favourited, FALSE) AS was_favourited,
      COALESCE(orders, 0) AS orders,
      COALESCE(revenue, 0) AS revenue
    FROM `${dataset}.impressions`
    WHERE shown_at >= TIMESTAMP(DATE_SUB(CURRENT_DATE('Asia/Tokyo'), INTERVAL 427 DAY), 'Asia/Tokyo')
  ),
  reported AS (
    SELECT *
    FROM shown
    WHERE day >= DATE_SUB(CURRENT_DATE('Asia/Tokyo'), INTERVAL 399 DAY)
  ),
  volumes AS (
    SELECT
      day, surface, mall, gender,
      COUNT(*) AS impressions,
      COUNTIF(was_clicked) AS clicks,
      COUNTIF(was_added_to_cart) AS cart_adds,
      COUNTIF(was_favourited) AS favourites,
      SUM(orders) AS orders,
      SUM(revenue) AS revenue
    FROM reported
    GROUP BY day, surface, mall, gender
  ),
  -- What each segment could have shown. A segment of all departments could have shown any item of its mall.
  offered AS (
    SELECT DISTINCT volumes.day, volumes.surface, volumes.mall, volumes.gender, item.item_id, item.category
    FROM volumes
    JOIN `${dataset}.items_on_sale` AS item
      ON item.day = volumes.day AND item.mall = volumes.mall
      AND (volumes.gender = 'all' OR item.gender IS NULL OR item.gender = volumes.gender)
    WHERE item.day >= DATE_SUB(CURRENT_DATE('Asia/Tokyo'), INTERVAL 399 DAY)
  ),
  shown_items AS (
    SELECT DISTINCT day, surface, mall, gender, item_id
    FROM reported
  ),
  coverages AS (
    SELECT
      offered.day, offered.surface, offered.mall, offered.gender,
      COUNT(DISTINCT shown_items.item_id) / COUNT(DISTINCT offered.item_id) AS coverage
    FROM offered
    LEFT JOIN shown_items
      ON shown_items.day = offered.day AND shown_items.surface = offered.surface
      AND shown_items.mall = offered.mall AND shown_items.gender = offered.gender
      AND shown_items.item_id = offered.item_id
    GROUP BY offered.day, offered.surface, offered.mall, offered.gender
  ),
  category_views AS (
    SELECT
      day, surface, mall, gender, category,
      COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY day, surface, mall, gender) AS share
    FROM reported
    WHERE category IS NOT NULL
    GROUP BY day, surface, mall, gender, category
  ),
  entropies AS (
    SELECT day, surface, mall, gender, -SUM(share * LN(share)) AS entropy
    FROM category_views
    GROUP BY day, surface, mall, gender
  ),
  -- An item may leave the shop during the day, so what was shown counts beside what is on sale.
  known_categories AS (
    SELECT day, surface, mall, gender, category FROM offered WHERE category IS NOT NULL
    UNION DISTINCT
    SELECT day, surface, mall, gender, category FROM category_views
  ),
  choices AS (
    SELECT day, surface, mall, gender, COUNT(*) AS categories
    FROM known_categories
    GROUP BY day, surface, mall, gender
  ),
  list_categories AS (
    SELECT day, surface, mall, gender, module, user_id, shown_at, category, COUNT(*) AS items
    FROM reported
    WHERE user_id IS NOT NULL AND category IS NOT NULL
    GROUP BY day, surface, mall, gender, module, user_id, shown_at, category
  ),
  -- Of n items, n (n - 1) ordered pairs; n² less the sum of squares of them differ.
  lists AS (
    SELECT
      day, surface, mall, gender,
      (SUM(items) * SUM(items) - SUM(items * items)) / (SUM(items) * (SUM(items) - 1)) AS differing
    FROM list_categories
    GROUP BY day, surface, mall, gender, module, user_id, shown_at
    HAVING SUM(items) >= 2
  ),
  list_diversities AS (
    SELECT day, surface, mall, gender, AVG(differing) AS intra_list_diversity
    FROM lists
    GROUP BY day, surface, mall, gender
  ),
  liked AS (
    SELECT day, surface, mall, gender, user_id, category
    FROM reported
    WHERE user_id IS NOT NULL AND category IS NOT NULL
      AND (was_clicked OR was_added_to_cart OR was_favourited OR orders > 0)
  ),
  -- What a user sees anywhere makes the habit, not only what this surface shows.
  sights AS (
    SELECT user_id, day, category, COUNT(*) AS views
    FROM shown
    WHERE user_id IS NOT NULL AND category IS NOT NULL
    GROUP BY user_id, day, category
  ),
  earlier_sights AS (
    SELECT liker.user_id, liker.day, sights.category, SUM(sights.views) AS views
    FROM (SELECT DISTINCT user_id, day FROM liked) AS liker
    JOIN sights
      ON sights.user_id = liker.user_id
      AND sights.day BETWEEN DATE_SUB(liker.day, INTERVAL 28 DAY) AND DATE_SUB(liker.day, INTERVAL 1 DAY)
    GROUP BY liker.user_id, liker.day, sights.category
  ),
  ranked_sights AS (
    SELECT
      user_id, day, category,
      ROW_NUMBER() OVER (PARTITION BY user_id, day ORDER BY views DESC, category) AS place
    FROM earlier_sights
  ),
  -- Of a user without a past nothing is known to be unexpected: only those with one are joined.
  serendipities AS (
    SELECT
      liked.day, liked.surface, liked.mall, liked.gender,
      COUNTIF(habit.category IS NULL) / COUNT(*) AS serendipity
    FROM liked
    JOIN ranked_sights AS past
      ON past.user_id = liked.user_id AND past.day = liked.day AND past.place = 1
    LEFT JOIN ranked_sights AS habit
      ON habit.user_id = liked.user_id AND habit.day = liked.day AND habit.category = liked.category
      AND habit.place <= 3
    GROUP BY liked.day, liked.surface, liked.mall, liked.gender
  )
SELECT
  volumes.day, volumes.surface, volumes.mall, volumes.gender,
  volumes.impressions, volumes.clicks, volumes.cart_adds, volumes.favourites, volumes.orders, volumes.revenue,
  coverages.coverage,
  -- Without a list of what is on sale nobody knows how many categories there are; with one there is no choice.
  IF(
    coverages.coverage IS NULL OR choices.categories < 2, NULL,
    GREATEST(0.0, LEAST(1.0, entropies.entropy / LN(choices.categories)))
  ) AS diversity,
  list_diversities.intra_list_diversity,
  serendipities.serendipity
FROM volumes
LEFT JOIN coverages USING (day, surface, mall, gender)
LEFT JOIN entropies USING (day, surface, mall, gender)
LEFT JOIN choices USING (day, surface, mall, gender)
LEFT JOIN list_diversities USING (day, surface, mall, gender)
LEFT JOIN serendipities USING (day, surface, mall, gender)
