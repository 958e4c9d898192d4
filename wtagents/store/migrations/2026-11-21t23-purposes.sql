-- What the first message of a run was for (core/run.Purpose).
ALTER TABLE run ADD COLUMN purpose TEXT NOT NULL DEFAULT 'work';
