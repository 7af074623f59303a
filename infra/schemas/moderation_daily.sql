-- What the checkpoint did, one row per day in Asia/Tokyo, for the last 400 days: a KPI table like any other.
-- Each figure belongs to the day its event first happened, so a day only grows until it is over; the newest
-- row is today's, not yet complete. Days without any event are rows of zeros, from the first event on.
--   posts: revisions that arrived; judged = left_alone + sent_to_review + judged_violating: revisions by the
--   action of their first acting verdict; shadow_verdicts: verdicts that were only recorded;
--   taken_down, held, refused, restored: revisions that reached that state;
--   labels, label_violations: people's answers; patrol_*: those of the random sample, which give the base rate;
--   overturn_rate: restored / taken_down of the same day (it can pass 1), null on a day without takedowns.
-- A revision that was 430 days old when it arrived is not counted: posts are not read further back.
WITH
  first_verdicts AS (
    SELECT action, judged_at
    FROM `${dataset}.verdicts`
    WHERE acting AND judged_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 401 DAY)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY judged_at, verdict_id) = 1
  ),
  answers AS (
    SELECT answer, source, answered_at
    FROM `${dataset}.review_labels`
    WHERE answered_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 401 DAY)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY label_id ORDER BY answered_at) = 1
  ),
  events AS (
    SELECT 'post' AS kind, '' AS detail, MIN(received_at) AS happened_at
    FROM `${dataset}.posts`
    WHERE revised_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 430 DAY)
    GROUP BY post_id, revision
    UNION ALL
    SELECT 'verdict' AS kind, action AS detail, judged_at AS happened_at
    FROM first_verdicts
    UNION ALL
    SELECT 'shadow' AS kind, '' AS detail, MIN(judged_at) AS happened_at
    FROM `${dataset}.verdicts`
    WHERE NOT acting AND judged_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 401 DAY)
    GROUP BY verdict_id
    UNION ALL
    SELECT 'takedown' AS kind, state AS detail, MIN(recorded_at) AS happened_at
    FROM `${dataset}.takedowns`
    WHERE state IN ('taken_down', 'held', 'refused', 'restored')
      AND recorded_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 401 DAY)
    GROUP BY post_id, revision, state
    UNION ALL
    SELECT 'label' AS kind, answer AS detail, answered_at AS happened_at
    FROM answers
    UNION ALL
    SELECT 'patrol' AS kind, answer AS detail, answered_at AS happened_at
    FROM answers
    WHERE source = 'patrol'
  ),
  dated AS (
    SELECT DATE(happened_at, 'Asia/Tokyo') AS day, kind, detail
    FROM events
  ),
  days AS (
    SELECT day
    FROM UNNEST(GENERATE_DATE_ARRAY(
      GREATEST((SELECT MIN(day) FROM dated), DATE_SUB(CURRENT_DATE('Asia/Tokyo'), INTERVAL 399 DAY)),
      CURRENT_DATE('Asia/Tokyo')
    )) AS day
  )
SELECT
  days.day,
  COUNTIF(kind = 'post') AS posts,
  COUNTIF(kind = 'verdict') AS judged,
  COUNTIF(kind = 'verdict' AND detail = 'leave') AS left_alone,
  COUNTIF(kind = 'verdict' AND detail = 'review') AS sent_to_review,
  COUNTIF(kind = 'verdict' AND detail = 'take_down') AS judged_violating,
  COUNTIF(kind = 'shadow') AS shadow_verdicts,
  COUNTIF(kind = 'takedown' AND detail = 'taken_down') AS taken_down,
  COUNTIF(kind = 'takedown' AND detail = 'held') AS held,
  COUNTIF(kind = 'takedown' AND detail = 'refused') AS refused,
  COUNTIF(kind = 'takedown' AND detail = 'restored') AS restored,
  COUNTIF(kind = 'label') AS labels,
  COUNTIF(kind = 'label' AND detail = 'violation') AS label_violations,
  COUNTIF(kind = 'patrol') AS patrol_labels,
  COUNTIF(kind = 'patrol' AND detail = 'violation') AS patrol_violations,
  SAFE_DIVIDE(
    COUNTIF(kind = 'takedown' AND detail = 'restored'), COUNTIF(kind = 'takedown' AND detail = 'taken_down')
  ) AS overturn_rate
FROM days
LEFT JOIN dated ON dated.day = days.day
GROUP BY days.day
