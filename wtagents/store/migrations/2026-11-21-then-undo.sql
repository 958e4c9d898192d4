-- Landings that were taken back, each by one commit on the target.
CREATE TABLE undo (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    merge_id   INTEGER NOT NULL REFERENCES merge_request (id),
    state      TEXT NOT NULL CHECK (state IN ('advancing', 'undone', 'given_up')),
    onto       TEXT NOT NULL,
    candidate  TEXT NOT NULL,
    why        TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX undo_once ON undo (merge_id) WHERE state <> 'given_up';

-- A CHECK cannot be changed: the column is made again.
ALTER TABLE task ADD COLUMN why TEXT CHECK (why IN (
        'agent_error', 'api_error', 'authentication', 'rate_limited', 'no_commits', 'uncommitted',
        'wrong_branch', 'setup_failed', 'not_started', 'worktree_lost', 'timed_out', 'budget',
        'max_turns', 'lost', 'stopped_by_person', 'undone'));
UPDATE task SET why = reason;
ALTER TABLE task DROP COLUMN reason;
ALTER TABLE task RENAME COLUMN why TO reason;
