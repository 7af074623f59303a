-- What people say about every revision that anybody answered on: the newest answer.
-- The label_id breaks ties, so that two answers of the same instant always give the same one.
SELECT label_id, post_id, revision, answer, violation_class, source, reviewer, answered_at
FROM `${dataset}.review_labels`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY answered_at DESC, label_id DESC) = 1
