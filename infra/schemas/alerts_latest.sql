-- How far every alert got: the row of the highest rank, the newest of those. The message itself is in the table.
-- Not the newest row: overlapping runs disagree about time, never about the order of the walk.
SELECT
  alert_id, table_name, day, kind, state, rank, incident, turn, subjects, headline, channel, thread, detail,
  recorded_at
FROM `${dataset}.alerts`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY alert_id ORDER BY rank DESC, recorded_at DESC) = 1
