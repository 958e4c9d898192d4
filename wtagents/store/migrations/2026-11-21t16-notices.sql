-- Who speaks: what wta says by itself wakes nobody, and is not said again to a new conversation.
ALTER TABLE message ADD COLUMN sender TEXT NOT NULL DEFAULT 'person'
    CHECK (sender IN ('person', 'wta'));

-- What the agent of a task has been told about another side; a message that failed told nobody.
CREATE TABLE told (
    task_id    INTEGER NOT NULL REFERENCES task (id),
    other_id   INTEGER NOT NULL,  -- another task, or 0 for the target
    subject    TEXT NOT NULL,  -- a path, or path:name
    message_id INTEGER NOT NULL REFERENCES message (id)
) STRICT;
CREATE INDEX told_of_task ON told (task_id);
