-- What a person claims for a task: a path, a folder with all below it, or a pattern.
CREATE TABLE claim (
    task_id INTEGER NOT NULL REFERENCES task (id),
    path    TEXT NOT NULL,
    since   TEXT NOT NULL,
    PRIMARY KEY (task_id, path)
) STRICT;
