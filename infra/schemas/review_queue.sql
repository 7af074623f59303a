-- What people should look at: revisions whose newest acting verdict asks for review, or for a takedown that
-- was not made (the mode only reviews, the day's cap was reached, takedowns are switched off, the platform
-- refused), judged in the last 90 days. A revision leaves the queue when a person answers on it, when its
-- author edits the post, or when its takedown is on its way, done or undone. The view has no order: show the
-- highest score first.
-- Posts are read back to 100 days; an older one that was judged lately stands here without its title.
WITH
  newest_verdicts AS (
    SELECT post_id, revision, score, action, violation_class, reasons, places, judged_at
    FROM `${dataset}.verdicts`
    WHERE acting AND judged_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 90 DAY)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY judged_at DESC, verdict_id DESC) = 1
  ),
  recent_posts AS (
    SELECT post_id, revision, title
    FROM `${dataset}.posts`
    WHERE revised_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 100 DAY)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
  ),
  newest_revisions AS (
    SELECT post_id, MAX(revision) AS revision
    FROM recent_posts
    GROUP BY post_id
  )
SELECT
  verdict.score, verdict.action, verdict.violation_class, verdict.reasons, verdict.places,
  verdict.judged_at, verdict.post_id, verdict.revision, post.title
FROM newest_verdicts AS verdict
LEFT JOIN recent_posts AS post
  ON post.post_id = verdict.post_id AND post.revision = verdict.revision
LEFT JOIN newest_revisions AS newest
  ON newest.post_id = verdict.post_id
LEFT JOIN `${dataset}.review_labels_latest` AS label
  ON label.post_id = verdict.post_id AND label.revision = verdict.revision
LEFT JOIN `${dataset}.takedowns_latest` AS takedown
  ON takedown.post_id = verdict.post_id AND takedown.revision = verdict.revision
WHERE verdict.action IN ('review', 'take_down')
  AND COALESCE(newest.revision, verdict.revision) <= verdict.revision
  AND label.post_id IS NULL
  AND COALESCE(takedown.state, 'held') IN ('held', 'dry_run', 'refused')
