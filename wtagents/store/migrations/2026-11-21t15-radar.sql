-- What the radar saw last: a cache, replaced by each look, so its changes append no event.
CREATE TABLE seen_clash (
    first_id  INTEGER NOT NULL REFERENCES task (id),
    second_id INTEGER NOT NULL,  -- another task, or 0 for the target
    later_id  INTEGER NOT NULL,  -- the side that came second
    places    TEXT NOT NULL,  -- JSON of core/radar.Place
    misfits   TEXT NOT NULL,  -- JSON of core/radar.Misfit
    since     TEXT NOT NULL,
    PRIMARY KEY (first_id, second_id)
) STRICT;

-- Which task changed which path, since the look that saw it first.
CREATE TABLE touch (
    task_id INTEGER NOT NULL REFERENCES task (id),
    path    TEXT NOT NULL,
    since   TEXT NOT NULL,
    PRIMARY KEY (task_id, path)
) STRICT;
