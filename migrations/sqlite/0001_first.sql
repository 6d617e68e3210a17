-- Ounce's tables, version 1 (SQLite). Forward only; each later change is a file of its own.
--
-- Habits: times are milliseconds since the Unix epoch in columns that end in `_ms`; sizes are bytes in columns that end in
-- `_bytes`; JSON and enumerations are TEXT (the enumerations' words are those of `ounce-protocol`); booleans are 0 or 1.
-- Commits are always full 40-digit ids. Text that came from a build, a board or a pull request is kept as it came and
-- escaped where it is rendered.

-- A repository this server works for. A row appears with its first event, if the configuration lists the repository.
CREATE TABLE projects (
    id             INTEGER PRIMARY KEY,
    repo           TEXT    NOT NULL UNIQUE,          -- owner/name
    title          TEXT    NOT NULL DEFAULT '',      -- `name` of the latest manifest read from the default branch or a base
    default_branch TEXT    NOT NULL DEFAULT '',      -- as the latest event named it
    hold_until_ms  BIGINT  NOT NULL DEFAULT 0,       -- the forge wants to be left alone until then: nothing is sent
    created_ms     BIGINT  NOT NULL
);

-- Webhook deliveries, as they came. Nothing is decided when a row is written; the planner reads the noted ones.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY,
    guid        TEXT    NOT NULL UNIQUE,             -- X-GitHub-Delivery: the same one twice is one row
    event       TEXT    NOT NULL,                    -- X-GitHub-Event
    body        BLOB    NOT NULL,                    -- the raw body; empty once it is not needed, and for events ignored at the gate
    state       TEXT    NOT NULL CHECK (state IN ('noted', 'done', 'ignored', 'failed')),
    note        TEXT    NOT NULL DEFAULT '',         -- what came of it, one sentence
    attempts    INTEGER NOT NULL DEFAULT 0,          -- times the planner looked at it and put it back
    due_ms      BIGINT  NOT NULL,                    -- not before this time
    received_ms BIGINT  NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE state = 'noted';
CREATE INDEX deliveries_bodies ON deliveries (received_ms) WHERE state <> 'noted' AND length(body) > 0;

-- Pull requests seen, as the latest event described them.
CREATE TABLE pulls (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    number     BIGINT  NOT NULL,
    title      TEXT    NOT NULL,                     -- hostile text
    author     TEXT    NOT NULL,
    head_sha   TEXT    NOT NULL,                     -- the pull request's own head, not the test merge
    from_fork  INTEGER NOT NULL,
    is_open    INTEGER NOT NULL,
    updated_ms BIGINT  NOT NULL,
    PRIMARY KEY (project_id, number)
) WITHOUT ROWID;

-- Commits seen: test merges, heads, bases and pushes. The history of a project are those with on_default = 1.
CREATE TABLE commits (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    sha          TEXT    NOT NULL,
    parent_sha   TEXT    NOT NULL DEFAULT '',        -- first parent, empty where not known
    summary      TEXT    NOT NULL,                   -- first line of the message, hostile text
    committed_ms BIGINT  NOT NULL,                   -- committer time
    on_default   INTEGER NOT NULL DEFAULT 0,         -- it is, or was when it was pushed, on the default branch
    UNIQUE (project_id, sha)
);
CREATE INDEX commits_history ON commits (project_id, committed_ms) WHERE on_default = 1;

-- One weighing of a head against a base, over all boards of the manifest at the base.
-- waiting: a fork's commit nobody approved. measuring: jobs are under way. judged: the comparison is stored.
-- refused: there is nothing to run (no manifest, a manifest with mistakes); `note` says why. superseded: a newer head arrived.
CREATE TABLE runs (
    id               INTEGER PRIMARY KEY,
    project_id       INTEGER NOT NULL REFERENCES projects (id),
    kind             TEXT    NOT NULL CHECK (kind IN ('pull', 'push')),
    pull_number      BIGINT,                         -- for kind = 'pull'
    shown_sha        TEXT    NOT NULL,               -- where the check is shown: the pull request's head, or the pushed commit
    base_sha         TEXT    NOT NULL,
    head_sha         TEXT    NOT NULL,               -- the test merge, or shown_sha where there is a conflict or a push
    conflict         INTEGER NOT NULL DEFAULT 0,     -- head is the pull request's own head, base the merge base
    trusted          INTEGER NOT NULL,               -- 0 for a fork's commit
    manifest         TEXT    NOT NULL DEFAULT '',    -- ounce.toml at the base; empty where there is none
    manifest_changed INTEGER NOT NULL DEFAULT 0,     -- the head's ounce.toml is another text
    state            TEXT    NOT NULL CHECK (state IN ('waiting', 'measuring', 'judged', 'refused', 'superseded')),
    note             TEXT    NOT NULL DEFAULT '',
    comparison       TEXT,                           -- `ounce_analysis::Comparison` as JSON, when judged
    verdict          TEXT,                           -- its verdict's word, when judged
    created_ms       BIGINT  NOT NULL,
    judged_ms        BIGINT
);
CREATE INDEX runs_of_pull ON runs (project_id, pull_number, id) WHERE kind = 'pull';
CREATE INDEX runs_recent ON runs (project_id, id);
CREATE INDEX runs_of_head ON runs (project_id, head_sha);
CREATE INDEX runs_open ON runs (id) WHERE state = 'measuring';

-- One board of a run: both commits are built and measured by one runner. The rules are `ounce_protocol::job`.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY,
    run_id       INTEGER NOT NULL REFERENCES runs (id),
    board        TEXT    NOT NULL,
    needs        TEXT,                               -- what a runner must offer, such as qemu:microbit; NULL: nothing
    trusted      INTEGER NOT NULL,                   -- 0: only for runners with a sandbox
    priority     INTEGER NOT NULL,                   -- lower first: pull requests before the history
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'failed', 'superseded')),
    attempts     INTEGER NOT NULL DEFAULT 0,         -- leases given so far
    token        BIGINT  NOT NULL DEFAULT 0,         -- fencing token of the latest lease; only grows
    runner       TEXT,                               -- who holds or last held it
    until_ms     BIGINT,                             -- when the lease lapses
    failure_kind TEXT,                               -- infra | timeout, when failed
    detail       TEXT    NOT NULL DEFAULT '',        -- why it failed, for people
    doing        TEXT    NOT NULL DEFAULT '',        -- the runner's own words in its last heartbeat
    created_ms   BIGINT  NOT NULL,
    queued_ms    BIGINT  NOT NULL DEFAULT 0,         -- since when it waits: made, or lost by a runner
    not_before_ms BIGINT NOT NULL DEFAULT 0,         -- given to nobody before
    avoid_until_ms BIGINT NOT NULL DEFAULT 0,        -- not given to `runner`, who failed at it, before: others first
    started_ms   BIGINT,                             -- of the latest lease
    ended_ms     BIGINT,
    UNIQUE (run_id, board)
);
CREATE INDEX jobs_queue ON jobs (priority, id) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (until_ms) WHERE state = 'leased';

-- What a job's runner logged, cut at a limit.
CREATE TABLE job_logs (
    job_id        INTEGER PRIMARY KEY REFERENCES jobs (id),
    text          TEXT    NOT NULL,                  -- hostile text
    dropped_bytes BIGINT  NOT NULL DEFAULT 0
);

-- What was measured for one commit on one board in one run; uploading it twice changes nothing.
CREATE TABLE measurements (
    id          INTEGER PRIMARY KEY,
    run_id      INTEGER NOT NULL REFERENCES runs (id),
    board       TEXT    NOT NULL,
    commit_id   INTEGER NOT NULL REFERENCES commits (id),
    image       TEXT,                                -- identity of the image; NULL where the build failed
    doc         TEXT    NOT NULL,                    -- `ounce_protocol::Measurement` as JSON
    token       BIGINT  NOT NULL,                    -- of the lease under which it came: both sides count only from one lease
    trusted     INTEGER NOT NULL,                    -- what an untrusted job measured is never reused by a trusted one
    received_ms BIGINT  NOT NULL,
    UNIQUE (run_id, board, commit_id)
);
CREATE INDEX measurements_of_commit ON measurements (commit_id, board);

-- A figure that pages draw over time: bytes of a region, or a count of a benchmark, on one board.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    board      TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('region', 'instructions', 'stack', 'heap')),
    name       TEXT    NOT NULL,                     -- the region, or the benchmark
    UNIQUE (project_id, board, kind, name)
);

-- A series' value at a commit, from the latest trusted measurement. Join `commits` for the order and for on_default.
-- region: bytes used; instructions: with the empty benchmark subtracted; stack and heap: peak bytes.
CREATE TABLE points (
    series_id      INTEGER NOT NULL REFERENCES series (id),
    commit_id      INTEGER NOT NULL REFERENCES commits (id),
    measurement_id INTEGER NOT NULL REFERENCES measurements (id),
    value          BIGINT  NOT NULL,
    exact          INTEGER NOT NULL,                 -- 0: two takes differed, the value is the first
    PRIMARY KEY (series_id, commit_id)
) WITHOUT ROWID;

-- What should stand on the forge: one row a target, overwritten by a newer wish. `version` counts the wishes,
-- `sent_version` the last one known to stand there; the two differ while something is to be sent.
CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY,
    project_id   INTEGER NOT NULL REFERENCES projects (id),
    target       TEXT    NOT NULL,                   -- comment:<pull number> or check:<40-hex>
    run_id       INTEGER NOT NULL REFERENCES runs (id), -- which run wishes it
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
CREATE INDEX outbox_due ON outbox (due_ms) WHERE sent_version < version AND given_up = 0;

-- Runners that may claim work. Only the SHA-256 of a token is kept.
CREATE TABLE runners (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE,
    token_sha256 TEXT    NOT NULL UNIQUE,
    can_run      TEXT    NOT NULL DEFAULT '[]',      -- JSON list, from its latest claim
    sandbox      INTEGER NOT NULL DEFAULT 0,
    created_ms   BIGINT  NOT NULL,
    seen_ms      BIGINT
);

-- Single-use codes that become a runner's token.
CREATE TABLE enrolments (
    code_sha256 TEXT   PRIMARY KEY,
    name        TEXT   NOT NULL,                     -- the only name it is good for
    created_ms  BIGINT NOT NULL,
    expires_ms  BIGINT NOT NULL,
    used_ms     BIGINT
) WITHOUT ROWID;
