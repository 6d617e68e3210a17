-- What people ask of us on the forge, and where the App is installed.

-- One row a command: a comment's, or a button's. It is carried out once, however often its event comes.
CREATE TABLE commands (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    source      TEXT NOT NULL,                   -- comment:<the forge's id>, or button:<delivery>:<pull request>
    pull_number BIGINT NOT NULL,
    login       TEXT NOT NULL,                   -- who asked
    role        TEXT NOT NULL,                   -- what that account could do, as the forge said when it was asked
    command     TEXT NOT NULL,                   -- in its plainest form; hostile text where it was not understood
    outcome     TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'mistaken')),
    note        TEXT NOT NULL,                   -- what came of it, one sentence
    at_ms       BIGINT NOT NULL,
    UNIQUE (project_id, source)
);
CREATE INDEX commands_of_pull ON commands (project_id, pull_number, id);

-- A fork's commit that somebody let run. It counts for exactly this commit, until another is pushed.
CREATE TABLE approvals (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects (id),
    pull_number BIGINT NOT NULL,
    sha         TEXT NOT NULL,                   -- the pull request's head, 40 digits
    login       TEXT NOT NULL,                   -- who approved
    role        TEXT NOT NULL,                   -- as the forge said at that time
    source      TEXT NOT NULL,                   -- as in commands
    at_ms       BIGINT NOT NULL,
    revoked_ms  BIGINT                            -- when another commit was pushed
);
CREATE INDEX approvals_of_pull ON approvals (project_id, pull_number, sha);

-- Where the App is installed decides who is limited together and who writes; 0 where we are an account.
ALTER TABLE projects ADD COLUMN installation_id BIGINT NOT NULL DEFAULT 0;
-- When the App was removed from the repository: nothing is sent there or run for it until it is back.
ALTER TABLE projects ADD COLUMN removed_ms BIGINT;

-- Which server writes to an installation's repositories: one at a time, until its time lapses.
CREATE TABLE writers (
    installation_id BIGINT PRIMARY KEY,
    holder          TEXT NOT NULL,
    until_ms        BIGINT NOT NULL
) WITHOUT ROWID;

-- Missed deliveries that the forge was asked to send again: once each.
CREATE TABLE redeliveries (
    guid     TEXT PRIMARY KEY,
    asked_ms BIGINT NOT NULL
) WITHOUT ROWID;

-- An answer may be about no run, so `run_id` may be NULL: nothing refers to this table, so it is simply made anew.
CREATE TABLE outbox_2 (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    target       TEXT    NOT NULL,                   -- comment:<pull number>, check:<40-hex> or answer:<the comment's id>
    run_id       INTEGER REFERENCES runs (id),       -- which run wishes it; NULL for an answer that is about none
    payload      TEXT    NOT NULL,                   -- JSON of `work::publish::Wish`
    version      BIGINT  NOT NULL DEFAULT 1,
    sent_version BIGINT  NOT NULL DEFAULT 0,
    forge_id     BIGINT,                             -- the comment's id, once known
    attempts     INTEGER NOT NULL DEFAULT 0,         -- failures since the latest wish
    due_ms       BIGINT  NOT NULL,
    given_up     INTEGER NOT NULL DEFAULT 0,         -- no more attempts until a new wish
    error        TEXT    NOT NULL DEFAULT '',        -- of the latest attempt
    sent_ms      BIGINT,
    UNIQUE (project_id, target)
);
INSERT INTO outbox_2 (id, project_id, target, run_id, payload, version, sent_version, forge_id, attempts, due_ms, given_up, error, sent_ms)
    SELECT id, project_id, target, run_id, payload, version, sent_version, forge_id, attempts, due_ms, given_up, error, sent_ms FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_2 RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (due_ms) WHERE sent_version < version AND given_up = 0;
