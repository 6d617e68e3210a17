-- What `/ounce bisect` looks for, while builds that are missing are under way (work/bisect.rs).
CREATE TABLE bisects (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    pull_number BIGINT NOT NULL,                  -- where it was asked
    answers     BIGINT NOT NULL,                  -- the forge's id of the comment that asked
    board       TEXT NOT NULL,
    kind        TEXT NOT NULL,                    -- with board and name: the series
    name        TEXT NOT NULL,
    line        TEXT NOT NULL,                    -- JSON list of commits by first parents, oldest first
    asked       TEXT NOT NULL DEFAULT '{}',       -- JSON: commit to the run that measures it; null where it cannot be
    state       TEXT NOT NULL CHECK (state IN ('open', 'answered', 'cancelled')),
    attempts    BIGINT NOT NULL DEFAULT 0,        -- times in a row that the forge failed
    due_ms      BIGINT NOT NULL,                  -- not looked at before
    created_ms  BIGINT NOT NULL
);
CREATE INDEX bisects_open ON bisects (due_ms) WHERE state = 'open';
