-- no-transaction
-- Runs that somebody asked for with `/ounce compare`. SQLite cannot change a CHECK, so the table is made anew; the one way that
-- keeps what refers to it is without foreign keys in between, which no transaction of the migrator's own may be around.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS runs_2;
CREATE TABLE runs_2 (
    id               INTEGER PRIMARY KEY,
    project_id       INTEGER NOT NULL REFERENCES projects (id),
    kind             TEXT    NOT NULL CHECK (kind IN ('pull', 'push', 'compare')),
    pull_number      BIGINT,                         -- for kind = 'pull'; for 'compare' where it was asked for
    shown_sha        TEXT    NOT NULL,               -- where the check is shown: the pull request's head, or the pushed commit
    base_sha         TEXT    NOT NULL,
    head_sha         TEXT    NOT NULL,               -- the test merge, or shown_sha where there is a conflict, a push or a comparison
    conflict         INTEGER NOT NULL DEFAULT 0,     -- head is the pull request's own head, base the merge base
    trusted          INTEGER NOT NULL,               -- 0 for a fork's commit
    manifest         TEXT    NOT NULL DEFAULT '',    -- ounce.toml at the base; empty where there is none
    manifest_changed INTEGER NOT NULL DEFAULT 0,     -- the head's ounce.toml is another text
    state            TEXT    NOT NULL CHECK (state IN ('waiting', 'measuring', 'judged', 'refused', 'superseded')),
    note             TEXT    NOT NULL DEFAULT '',
    comparison       TEXT,                           -- `ounce_analysis::Comparison` as JSON, when judged
    verdict          TEXT,                           -- its verdict's word, when judged
    created_ms       BIGINT  NOT NULL,
    judged_ms        BIGINT,
    answers          BIGINT,                         -- for kind = 'compare': the forge's id of the comment that asked
    refs             TEXT    NOT NULL DEFAULT '[]',  -- for kind = 'compare': JSON list of references that lead to the commits
    accepted_by      TEXT,                           -- who said that what is over a budget is meant to be
    accepted_reason  TEXT,                           -- why; hostile text
    accepted_ms      BIGINT
);
INSERT INTO runs_2 (id, project_id, kind, pull_number, shown_sha, base_sha, head_sha, conflict, trusted, manifest, manifest_changed, state, note,
                    comparison, verdict, created_ms, judged_ms)
    SELECT id, project_id, kind, pull_number, shown_sha, base_sha, head_sha, conflict, trusted, manifest, manifest_changed, state, note,
           comparison, verdict, created_ms, judged_ms FROM runs;
DROP TABLE runs;
ALTER TABLE runs_2 RENAME TO runs;
CREATE INDEX runs_of_pull ON runs (project_id, pull_number, id) WHERE kind = 'pull';
CREATE INDEX runs_recent ON runs (project_id, id);
CREATE INDEX runs_of_head ON runs (project_id, head_sha);
CREATE INDEX runs_open ON runs (id) WHERE state = 'measuring';
COMMIT;
PRAGMA foreign_keys = ON;
