-- Steps about a suspicion wait in time awake: a night in which the machine sleeps is no patience.
ALTER TABLE suspicion DROP COLUMN responded_at;
ALTER TABLE suspicion ADD COLUMN awake REAL NOT NULL DEFAULT 0;
