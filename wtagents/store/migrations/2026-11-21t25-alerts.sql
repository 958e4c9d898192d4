-- What a person is to be told, and of what still stands also what was: it is told once.
CREATE TABLE alert (
    key      TEXT NOT NULL PRIMARY KEY,
    topic    TEXT NOT NULL,
    task     TEXT NOT NULL,
    text     TEXT NOT NULL,
    at       TEXT NOT NULL,
    standing INTEGER NOT NULL CHECK (standing IN (0, 1)),
    told_at  TEXT
) STRICT;

-- One row: the last event that was looked at. What happened before there were alerts is no news.
CREATE TABLE alert_mark (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    event_id INTEGER NOT NULL
) STRICT;

INSERT INTO alert_mark (id, event_id) SELECT 1, coalesce(max(id), 0) FROM event;
