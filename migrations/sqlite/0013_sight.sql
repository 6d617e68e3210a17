-- Who may see what: projects are public or private, people have sessions, programs have tokens that read one project.

-- What the forge said of the repository last. Private until it has said something: nothing is shown by mistake.
ALTER TABLE projects ADD COLUMN is_private INTEGER NOT NULL DEFAULT 1;
-- What the operator said, which counts more than the forge's word.
ALTER TABLE projects ADD COLUMN visibility TEXT NOT NULL DEFAULT 'forge' CHECK (visibility IN ('forge', 'public', 'private'));
-- When the forge was asked last; 0: never, and events are believed meanwhile.
ALTER TABLE projects ADD COLUMN asked_ms BIGINT NOT NULL DEFAULT 0;

-- Who is logged in. Only the hash of what the browser holds is here.
CREATE TABLE sessions (
    sha256     TEXT   NOT NULL PRIMARY KEY,
    login      TEXT   NOT NULL,                      -- the forge's account
    begun_ms   BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL                       -- it counts until then, used or not
) WITHOUT ROWID;
CREATE INDEX sessions_login ON sessions (login, begun_ms);

-- What programs read a private project with.
CREATE TABLE read_tokens (
    id         INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id),
    name       TEXT    NOT NULL,                     -- what it is for, said by who made it
    sha256     TEXT    NOT NULL UNIQUE,
    created_ms BIGINT  NOT NULL,
    used_ms    BIGINT,                               -- about when it was used last
    revoked_ms BIGINT
);
CREATE UNIQUE INDEX read_tokens_name ON read_tokens (project_id, name) WHERE revoked_ms IS NULL;
