-- Every revision of every post once: of repeated events, the row that was received last.
-- The window keeps a filter on revised_at from reaching the partitions: for a few days of posts, filter
-- the table itself, as shared/gcp/post_table.py does.
SELECT post_id, revision, posted_at, revised_at, title, body, category, author_id, attributes, received_at
FROM `${dataset}.posts`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY post_id, revision ORDER BY received_at DESC, revised_at DESC) = 1
