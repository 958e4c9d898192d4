-- A task that starts from the ready branch of the one that it lands after.
ALTER TABLE task_after ADD COLUMN starts_from INTEGER NOT NULL DEFAULT 0 CHECK (starts_from IN (0, 1));
