-- Which account and model a run was started with: limits and faults are shared by them.
ALTER TABLE run ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN model TEXT NOT NULL DEFAULT '';

-- What an account may not use before a moment; one row per account, the latest end.
CREATE TABLE account_limit (
    account TEXT PRIMARY KEY,
    until   TEXT NOT NULL,
    detail  TEXT NOT NULL,
    seen_at TEXT NOT NULL
) STRICT;
