-- The newest acting and the newest shadow verdict of every revision.
-- What a takedown goes by is the oldest acting verdict, not this one: see shared/gcp/verdict_table.py.
SELECT
  verdict_id, post_id, revision, revised_at, detector, model_version, score, action, violation_class,
  reasons, places, note, mode, acting, judged_at
FROM `${dataset}.verdicts`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision, acting ORDER BY judged_at DESC, verdict_id DESC) = 1
