-- Size against speed: what each judged run did to each board, in short, so that a page of many runs reads no comparison. And prices of features.

CREATE TABLE tradeoffs (
    run_id           INTEGER NOT NULL REFERENCES runs (id),
    board            TEXT    NOT NULL,
    commit_id        INTEGER NOT NULL REFERENCES commits (id),       -- the commit weighed
    flash_delta      BIGINT  NOT NULL,                               -- bytes, head less base, all regions of flash
    ram_delta        BIGINT  NOT NULL,
    instructions_ppm BIGINT,                                         -- of the comparison; NULL where no benchmark counts
    tendency         TEXT    NOT NULL CHECK (tendency IN ('win', 'trade', 'cost', 'free')),
    PRIMARY KEY (run_id, board)
) WITHOUT ROWID;
CREATE INDEX tradeoffs_commit ON tradeoffs (commit_id, board);

-- What features cost, as a project measured it at a commit.
CREATE TABLE prices (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    commit_sha TEXT    NOT NULL,
    doc        TEXT    NOT NULL,                                     -- `ounce_protocol::Prices` as JSON; hostile text in it
    put_ms     BIGINT  NOT NULL,
    UNIQUE (project_id, commit_sha)
);

-- What became of an owner under another name.
CREATE INDEX symbol_steps_from ON symbol_steps (from_id) WHERE from_id IS NOT NULL;
