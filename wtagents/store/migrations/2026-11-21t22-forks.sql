-- Tasks that began as a copy of another one: where, and in whose conversation.
CREATE TABLE fork (
    task_id    INTEGER PRIMARY KEY REFERENCES task (id),
    source_id  INTEGER NOT NULL REFERENCES task (id),
    checkpoint TEXT NOT NULL,  -- commit of the hub
    head       TEXT NOT NULL,
    session_id TEXT NOT NULL,  -- '' for a conversation of its own
    message    TEXT NOT NULL   -- the last one of it that is carried over; '' for all of them
) STRICT;
