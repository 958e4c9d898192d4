-- Times are ISO-8601 in UTC with microseconds, so text order is time order. Truth is 0 or 1.
-- The lists in CHECK equal the enums of core (tests/store/test_schema.py holds them together).
-- Partial unique indexes are the guards of last resort: whoever comes second gets no row.

CREATE TABLE task (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT NOT NULL,
    folded           TEXT NOT NULL,  -- equal where a case-insensitive file system mixes names up
    state            TEXT NOT NULL CHECK (state IN (
        'queued', 'preparing', 'active', 'ready', 'merging', 'merged', 'failed', 'stopped',
        'cancelled')),
    wish             TEXT NOT NULL CHECK (wish IN ('work', 'stop', 'cancel')),
    reason           TEXT CHECK (reason IN (
        'agent_error', 'api_error', 'authentication', 'rate_limited', 'no_commits', 'uncommitted',
        'wrong_branch', 'setup_failed', 'not_started', 'worktree_lost', 'timed_out', 'budget',
        'max_turns', 'lost', 'stopped_by_person')),
    detail           TEXT NOT NULL,
    prompt           TEXT NOT NULL,
    base             TEXT NOT NULL,
    target           TEXT NOT NULL,
    branch           TEXT NOT NULL,
    worktree         TEXT NOT NULL,
    agent            TEXT NOT NULL,  -- JSON of core/task.AgentSpec
    merge_when_ready INTEGER NOT NULL CHECK (merge_when_ready IN (0, 1)),
    attempts         INTEGER NOT NULL CHECK (attempts >= 0),
    fresh            INTEGER NOT NULL CHECK (fresh IN (0, 1)),
    commit_asked     INTEGER NOT NULL CHECK (commit_asked IN (0, 1)),
    not_before       TEXT,
    created_at       TEXT NOT NULL,
    changed_at       TEXT NOT NULL,
    removed_at       TEXT
) STRICT;
CREATE UNIQUE INDEX task_name_taken ON task (folded) WHERE removed_at IS NULL;

CREATE TABLE run (
    id            TEXT PRIMARY KEY,
    task_id       INTEGER NOT NULL REFERENCES task (id),
    number        INTEGER NOT NULL CHECK (number >= 1),
    state         TEXT NOT NULL CHECK (state IN (
        'starting', 'running', 'stopping', 'exited', 'lost')),
    session_id    TEXT NOT NULL,
    resumes       INTEGER NOT NULL CHECK (resumes IN (0, 1)),
    prompt        TEXT NOT NULL,
    runner        TEXT,  -- JSON of core/run.ProcessIdentity
    created_at    TEXT NOT NULL,
    ended_at      TEXT,
    stop_deadline TEXT,
    exit          TEXT,  -- JSON of core/run.Exit
    UNIQUE (task_id, number)
) STRICT;
CREATE UNIQUE INDEX run_live ON run (task_id) WHERE state IN ('starting', 'running', 'stopping');

CREATE TABLE message (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id      INTEGER NOT NULL REFERENCES task (id),
    kind         TEXT NOT NULL CHECK (kind IN ('text', 'answer', 'interrupt', 'finish')),
    body         TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    run_id       TEXT REFERENCES run (id),
    delivered_at TEXT,
    failed       TEXT NOT NULL,
    CHECK (delivered_at IS NULL OR failed = '')
) STRICT;
CREATE INDEX message_of_task ON message (task_id);
CREATE INDEX message_undelivered ON message (task_id) WHERE delivered_at IS NULL AND failed = '';

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
    rejection   TEXT CHECK (rejection IN (
        'conflict', 'resolution_refused', 'gate_red', 'gate_timeout', 'not_trusted',
        'nothing_to_land', 'checkout_dirty', 'checkout_busy', 'tripwire', 'target_moving',
        'source_moved', 'uncommitted', 'no_identity', 'cut_off', 'fault')),
    detail      TEXT NOT NULL,
    hint        TEXT NOT NULL,
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    resolutions TEXT NOT NULL,  -- JSON list of core/merge.Resolution
    gates       TEXT NOT NULL,  -- JSON list of core/merge.GateResult
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX merge_request_live ON merge_request (task_id)
    WHERE state IN ('waiting', 'replaying', 'resolving', 'gating', 'advancing');
CREATE INDEX merge_request_of_task ON merge_request (task_id);

CREATE TABLE trash (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id     INTEGER NOT NULL REFERENCES task (id),
    original    TEXT NOT NULL,
    folder      TEXT NOT NULL,
    branch      TEXT NOT NULL,
    tip         TEXT NOT NULL,
    proof       TEXT NOT NULL,
    trashed_at  TEXT NOT NULL,
    restored_at TEXT,
    swept_at    TEXT,
    CHECK (restored_at IS NULL OR swept_at IS NULL)
) STRICT;

CREATE TABLE trust (
    path       TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    trusted_at TEXT NOT NULL
) STRICT;

CREATE TABLE fingerprint (
    id          INTEGER PRIMARY KEY CHECK (id = 1),  -- one repository, one fingerprint
    content     TEXT NOT NULL,
    accepted_at TEXT NOT NULL
) STRICT;

-- A cache: may be dropped at any time, so its changes append no event.
CREATE TABLE worktree_facts (
    task_id       INTEGER PRIMARY KEY REFERENCES task (id),
    head          TEXT NOT NULL,
    branch        TEXT,
    commits       INTEGER NOT NULL,
    files_changed INTEGER NOT NULL,
    insertions    INTEGER NOT NULL,
    deletions     INTEGER NOT NULL,
    uncommitted   INTEGER NOT NULL,
    operation     TEXT NOT NULL,
    signature     TEXT NOT NULL,
    at            TEXT NOT NULL
) STRICT;

-- `kind` has no CHECK: a new kind of event must not rebuild the longest table.
CREATE TABLE event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    kind     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    task_id  INTEGER REFERENCES task (id),
    run_id   TEXT REFERENCES run (id),
    merge_id INTEGER REFERENCES merge_request (id),
    data     TEXT NOT NULL  -- a JSON object
) STRICT;
CREATE INDEX event_of_task ON event (task_id, id);

CREATE TRIGGER event_not_edited BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never edited'); END;
CREATE TRIGGER event_not_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER event_not_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'events are never replaced'); END;
