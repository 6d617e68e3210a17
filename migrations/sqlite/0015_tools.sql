-- no-transaction
-- Figures of different tools are never subtracted: each set of tools has a series of its own.

-- A table that others refer to is replaced: SQLite drops no unique key of a table.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS series_2;
CREATE TABLE tools (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    sha256     TEXT    NOT NULL,                     -- of names; empty where no tool is known, as of all figures before this version
    names      TEXT    NOT NULL,                     -- JSON object: the entries of a fingerprint that bear on a figure; hostile text
    UNIQUE (project_id, sha256)
);
INSERT INTO tools (project_id, sha256, names) SELECT DISTINCT project_id, '', '{}' FROM series;

CREATE TABLE series_2 (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    board      TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('region', 'instructions', 'stack', 'heap')),
    name       TEXT    NOT NULL,                     -- the region, or the benchmark
    tools_id   INTEGER NOT NULL REFERENCES tools (id),
    UNIQUE (project_id, board, kind, name, tools_id)
);
INSERT INTO series_2 (id, project_id, board, kind, name, tools_id)
    SELECT series.id, series.project_id, board, kind, name, tools.id FROM series JOIN tools ON tools.project_id = series.project_id;
DROP TABLE series;
ALTER TABLE series_2 RENAME TO series;
COMMIT;
PRAGMA foreign_keys = ON;
