-- `reason` loses its CHECK, as `rejection` did: a new reason must not rebuild a column.
ALTER TABLE task ADD COLUMN why TEXT;
UPDATE task SET why = reason;
ALTER TABLE task DROP COLUMN reason;
ALTER TABLE task RENAME COLUMN why TO reason;
