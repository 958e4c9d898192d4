-- Higher starts first; equal ones in the order in which they were asked for.
ALTER TABLE task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
