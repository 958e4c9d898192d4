-- What a person holds back: a task, or with task_id 0 all starts; frozen: agents are stopped, too.
CREATE TABLE pause (
    task_id INTEGER PRIMARY KEY,
    frozen  INTEGER NOT NULL CHECK (frozen IN (0, 1)),
    at      TEXT NOT NULL
) STRICT;
