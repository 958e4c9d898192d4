-- The merge queue: what a batch needs to be proved at its landing, and what is remembered of gates.
-- `rejection` loses its CHECK, as `event.kind` never had one: a new reason must not rebuild a table.

CREATE TABLE merge_request_before AS SELECT * FROM merge_request;
PRAGMA defer_foreign_keys = ON;
DROP TABLE merge_request;
CREATE TABLE merge_request (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id     INTEGER NOT NULL REFERENCES task (id),
    state       TEXT NOT NULL CHECK (state IN (
        'waiting', 'replaying', 'resolving', 'gating', 'advancing', 'merged', 'rejected',
        'withdrawn')),
    target      TEXT NOT NULL,
    squash      INTEGER NOT NULL CHECK (squash IN (0, 1)),
    skip_gate   INTEGER NOT NULL CHECK (skip_gate IN (0, 1)),
    source      TEXT,
    onto        TEXT,
    candidate   TEXT,
    rejection   TEXT,
    detail      TEXT NOT NULL,
    hint        TEXT NOT NULL,
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    resolutions TEXT NOT NULL,  -- JSON list of core/merge.Resolution
    gates       TEXT NOT NULL,  -- JSON list of core/merge.GateResult
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    patch       TEXT NOT NULL DEFAULT '',  -- digest of what the candidate changes on `onto`
    batch       INTEGER,  -- requests with the same number are verified together
    place       INTEGER   -- from 1, the order within the batch
) STRICT;
INSERT INTO merge_request (id, task_id, state, target, squash, skip_gate, source, onto, candidate,
    rejection, detail, hint, attempts, resolutions, gates, created_at, changed_at)
SELECT id, task_id, state, target, squash, skip_gate, source, onto, candidate,
    rejection, detail, hint, attempts, resolutions, gates, created_at, changed_at
FROM merge_request_before;
DROP TABLE merge_request_before;
CREATE UNIQUE INDEX merge_request_live ON merge_request (task_id)
    WHERE state IN ('waiting', 'replaying', 'resolving', 'gating', 'advancing');
CREATE INDEX merge_request_of_task ON merge_request (task_id);

-- Two caches: may be dropped at any time, so their changes append no event.
CREATE TABLE gate_verdict (
    tree        TEXT NOT NULL,
    command     TEXT NOT NULL,
    environment TEXT NOT NULL,  -- digest of all else that a gate's answer depends on
    passed      INTEGER NOT NULL CHECK (passed IN (0, 1)),
    seconds     REAL NOT NULL,
    log         TEXT NOT NULL,
    tail        TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (tree, command, environment)
) STRICT;

CREATE TABLE clash (
    first   TEXT NOT NULL,  -- commits that name the merged trees and the target
    second  TEXT NOT NULL,
    clashes INTEGER NOT NULL CHECK (clashes IN (0, 1)),
    at      TEXT NOT NULL,
    PRIMARY KEY (first, second)
) STRICT;

-- A task lands after those that it names.
CREATE TABLE task_after (
    task_id  INTEGER NOT NULL REFERENCES task (id),
    after_id INTEGER NOT NULL REFERENCES task (id),
    PRIMARY KEY (task_id, after_id)
) STRICT;
