"""What the stand-in Slack remembers, as sqlite tables."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS messages (
    ts INTEGER PRIMARY KEY,              -- microseconds since 1970: Slack's ts without its dot
    channel TEXT NOT NULL REFERENCES channels (id),
    thread INTEGER REFERENCES messages (ts),
    is_broadcast INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL,
    blocks TEXT NOT NULL,                -- JSON
    files TEXT NOT NULL,                 -- JSON: ids
    metadata TEXT,                       -- JSON
    edited INTEGER                       -- microseconds since 1970
);
CREATE INDEX IF NOT EXISTS messages_by_channel ON messages (channel, ts);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,                -- what makes an upload URL impossible to guess
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    alt_text TEXT NOT NULL,
    length INTEGER NOT NULL,             -- bytes announced, and then come
    state TEXT NOT NULL                  -- asked, uploaded, completed
);
"""
