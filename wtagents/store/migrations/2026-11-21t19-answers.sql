-- What a person made of the conflicts of a task that has not landed yet (core/answers).
CREATE TABLE person_answer (
    task_id INTEGER NOT NULL REFERENCES task (id),
    key     TEXT NOT NULL,
    path    TEXT NOT NULL,
    mode    INTEGER NOT NULL,
    blob    TEXT,
    before  TEXT NOT NULL,
    dropped TEXT NOT NULL,  -- JSON list of line, side, reason
    PRIMARY KEY (task_id, key, path)
) STRICT;

-- The same, hunk by hunk: it holds on where the target has moved.
CREATE TABLE person_lesson (
    task_id INTEGER NOT NULL REFERENCES task (id),
    key     TEXT NOT NULL,
    text    TEXT NOT NULL,
    dropped TEXT NOT NULL,
    PRIMARY KEY (task_id, key)
) STRICT;
