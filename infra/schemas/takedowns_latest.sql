-- Where the takedown of every revision stands: the row of the highest rank, the newest of those.
-- Not the newest row: overlapping runs disagree about time, never about the order of the walk.
SELECT post_id, revision, state, rank, detector, model_version, violation_class, detail, recorded_at
FROM `${dataset}.takedowns`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY rank DESC, recorded_at DESC) = 1
