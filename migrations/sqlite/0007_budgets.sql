-- From where the budgets of a run count that count since a tag or a day, as found when it was planned.
CREATE TABLE starts (
    run_id BIGINT NOT NULL REFERENCES runs (id),
    since  TEXT   NOT NULL,                          -- as the manifest writes it: a tag, or a day
    sha    TEXT,                                     -- the commit; NULL where there is none
    PRIMARY KEY (run_id, since)
) WITHOUT ROWID;

-- Growth over a budget that somebody accepted: one row for each figure that grew.
CREATE TABLE acceptances (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    pull_number  BIGINT  NOT NULL,
    run_id       BIGINT  NOT NULL REFERENCES runs (id), -- the run whose figures were accepted
    shown_sha    TEXT    NOT NULL,                   -- the pull request's head
    head_sha     TEXT    NOT NULL,                   -- the commit weighed: its test merge
    board        TEXT    NOT NULL,
    figure       TEXT    NOT NULL,                   -- JSON of `ounce_analysis::past::Figure`
    growth       BIGINT  NOT NULL,                   -- bytes or instructions
    login        TEXT    NOT NULL,                   -- who
    reason       TEXT    NOT NULL,                   -- why; hostile text
    at_ms        BIGINT  NOT NULL,
    landed_ms    BIGINT,                             -- committer time of the commit by which it landed; NULL before
    UNIQUE (run_id, board, figure)
);
CREATE INDEX acceptances_of_pull ON acceptances (project_id, pull_number, id);
CREATE INDEX acceptances_landed ON acceptances (project_id, landed_ms) WHERE landed_ms IS NOT NULL;

-- It was one word for a whole run before; who said it stands in `commands`.
ALTER TABLE runs DROP COLUMN accepted_by;
ALTER TABLE runs DROP COLUMN accepted_reason;
ALTER TABLE runs DROP COLUMN accepted_ms;
