"""What the platform remembers, table by table."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS posts (
    post_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,            -- the newest
    title TEXT NOT NULL,                  -- of the newest revision
    revised_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'visible',
    acted_by TEXT NOT NULL DEFAULT '',    -- who made the takedown in force, or the last restore
    acted_revision INTEGER,               -- the revision that act was about
    was_restored INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS posts_by_state ON posts (state, revised_at DESC);
CREATE INDEX IF NOT EXISTS posts_by_time ON posts (revised_at DESC);

CREATE TABLE IF NOT EXISTS revisions (
    post_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    data TEXT NOT NULL,                   -- the event's data, as JSON
    PRIMARY KEY (post_id, revision)
);

CREATE TABLE IF NOT EXISTS journal (      -- append-only
    entry INTEGER PRIMARY KEY,
    post_id TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    revision INTEGER NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS journal_by_post ON journal (post_id, entry);
CREATE INDEX IF NOT EXISTS journal_by_kind ON journal (kind);

CREATE TABLE IF NOT EXISTS answers (      -- what each idempotency key was answered, for ever
    idempotency_key TEXT PRIMARY KEY,
    act TEXT NOT NULL,
    post_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS reviews (
    review_id TEXT PRIMARY KEY,           -- the id of the webhook that announces it
    post_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    answer TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS reviews_by_post ON reviews (post_id, revision, source);

CREATE TABLE IF NOT EXISTS deliveries (
    webhook_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                   -- post or review: which URL it goes to
    post_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    created_at REAL NOT NULL,             -- seconds since 1970, as due_at
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,     -- since it was last put in the queue
    attempts INTEGER NOT NULL DEFAULT 0,  -- ever
    times_delivered INTEGER NOT NULL DEFAULT 0,
    last_answer TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_by_post ON deliveries (post_id);
"""
