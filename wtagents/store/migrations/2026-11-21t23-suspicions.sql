-- What a run at work is suspected of, and the last step that was taken about it.
CREATE TABLE suspicion (
    run_id       TEXT NOT NULL PRIMARY KEY REFERENCES run (id),
    liveness     TEXT NOT NULL,
    since        TEXT NOT NULL,
    response     TEXT,
    responded_at TEXT
) STRICT;
