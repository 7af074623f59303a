-- The tokens of revisions people have answered on and that have none yet, by the remote function tokenize_posts.
-- Repeating it adds nothing. Terraform fills in the dataset, the features and how many days it looks back
-- (infra/terraform/tokens.tf), and has it run once a day, a while before training; @run_time is when.
-- Texts too long to judge are not sent: training leaves them out. The same numbers are in shared/spam/judging.py.
INSERT INTO `${dataset}.post_tokens` (post_id, revision, revised_at, features, token_ids, tokenized_at)
WITH
  revisions AS (
    SELECT post_id, revision, revised_at, title, body
    FROM `${dataset}.posts`
    WHERE revised_at >= TIMESTAMP_SUB(@run_time, INTERVAL ${days} DAY)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
  ),
  tokenized AS (
    SELECT post_id, revision
    FROM `${dataset}.post_tokens`
    WHERE revised_at >= TIMESTAMP_SUB(@run_time, INTERVAL ${days} DAY) AND features = '${features}'
  ),
  untokenized AS (
    SELECT post.post_id, post.revision, post.revised_at, post.title, post.body
    FROM revisions AS post
    JOIN `${dataset}.review_labels_latest` AS label
      ON label.post_id = post.post_id AND label.revision = post.revision
    LEFT JOIN tokenized
      ON tokenized.post_id = post.post_id AND tokenized.revision = post.revision
    WHERE tokenized.post_id IS NULL
      AND CHAR_LENGTH(COALESCE(post.title, '')) <= 2000
      AND CHAR_LENGTH(COALESCE(post.body, '')) <= 200000
  ),
  replies AS (
    SELECT post_id, revision, revised_at, `${dataset}.tokenize_posts`(title, body) AS reply
    FROM untokenized
  )
SELECT
  post_id,
  revision,
  revised_at,
  '${features}' AS features,
  ARRAY(SELECT INT64(id) FROM UNNEST(JSON_QUERY_ARRAY(reply)) AS id) AS token_ids,
  @run_time AS tokenized_at
FROM replies
WHERE JSON_TYPE(reply) = 'array'
