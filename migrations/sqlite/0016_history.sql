-- What pages tell of a history: whose commits, by which pull request, what they are called, and what they did to each symbol.

ALTER TABLE commits ADD COLUMN author TEXT NOT NULL DEFAULT '';      -- the commit's own name of its author; hostile text
ALTER TABLE pulls ADD COLUMN landed_sha TEXT;                        -- the commit by which it landed, where it did
CREATE INDEX pulls_landed ON pulls (project_id, landed_sha) WHERE landed_sha IS NOT NULL;

-- Tags and branches as pushes told of them.
CREATE TABLE refs (
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name       TEXT    NOT NULL,                                     -- refs/tags/v1.2, refs/heads/main; hostile text
    sha        TEXT    NOT NULL,                                     -- the commit, also where the tag is an object of its own
    seen_ms    BIGINT  NOT NULL,                                     -- when it was put there
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;

-- Owners of bytes whose size ever changed on the default branch.
CREATE TABLE symbols (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    sha256     TEXT    NOT NULL,                                     -- of owner, group and the whole name
    owner      TEXT    NOT NULL,                                     -- how it is known: symbol, label, map, reference, …
    name       TEXT    NOT NULL,                                     -- cut where it is long; hostile text
    grp        TEXT    NOT NULL,                                     -- a crate, C, or a section; cut and hostile too
    UNIQUE (project_id, sha256)
);
CREATE INDEX symbols_name ON symbols (project_id, name);
CREATE INDEX symbols_group ON symbols (project_id, grp);

-- What a commit of the default branch did to an owner's bytes, against its first parent, by the same tools. Between two steps nothing changed,
-- but where the bytes before a step are not those after the one before it: then commits in between were not weighed.
CREATE TABLE symbol_steps (
    symbol_id         INTEGER NOT NULL REFERENCES symbols (id),
    board             TEXT    NOT NULL,
    region            TEXT    NOT NULL,
    commit_id         INTEGER NOT NULL REFERENCES commits (id),
    run_id            INTEGER NOT NULL REFERENCES runs (id),
    change            TEXT    NOT NULL,                              -- added, removed, grown, shrunk, renamed, moved, copies
    from_id           INTEGER REFERENCES symbols (id),               -- of a renamed or moved one: what it was
    base_bytes        BIGINT  NOT NULL,
    head_bytes        BIGINT  NOT NULL,
    base_instructions BIGINT,                                        -- executed in it, all benchmarks together, where they changed
    head_instructions BIGINT,
    PRIMARY KEY (symbol_id, board, region, commit_id)
) WITHOUT ROWID;
CREATE INDEX symbol_steps_commit ON symbol_steps (commit_id, board);
