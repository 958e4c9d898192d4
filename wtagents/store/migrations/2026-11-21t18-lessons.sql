-- Answers to hunks of conflicts that landed and were verified (core/lessons).
CREATE TABLE lesson (
    key      TEXT PRIMARY KEY,
    merge_id INTEGER NOT NULL REFERENCES merge_request (id),  -- the landing that taught it
    text     TEXT NOT NULL,
    dropped  TEXT NOT NULL,  -- JSON list of line, side, reason
    at       TEXT NOT NULL
) STRICT;
CREATE INDEX lesson_by_age ON lesson (at);

-- What a landing on its way has recalled, or will teach when it has landed and was verified.
CREATE TABLE lesson_of_merge (
    merge_id INTEGER NOT NULL REFERENCES merge_request (id),
    key      TEXT NOT NULL,
    recalled INTEGER NOT NULL,
    text     TEXT NOT NULL,
    dropped  TEXT NOT NULL,
    PRIMARY KEY (merge_id, key)
) STRICT;
