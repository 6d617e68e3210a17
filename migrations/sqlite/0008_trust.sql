-- Runners' tokens have an age, a successor and an end; each lease has a token of its own.

-- The token that follows, until it was used once: then it is the token.
ALTER TABLE runners ADD COLUMN next_sha256 TEXT;
-- Since when the token counts. One from before this version counts from the migration.
ALTER TABLE runners ADD COLUMN token_ms BIGINT NOT NULL DEFAULT 0;
-- When it was taken from the runner; a new enrolment gives it another.
ALTER TABLE runners ADD COLUMN revoked_ms BIGINT;
UPDATE runners SET token_ms = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
CREATE UNIQUE INDEX runners_next ON runners (next_sha256) WHERE next_sha256 IS NOT NULL;

-- What proves each request about a leased job. It is good for that lease only, and kept a while so that who comes late is told so.
CREATE TABLE lease_tokens (
    token_sha256 TEXT    PRIMARY KEY,
    job_id       INTEGER NOT NULL REFERENCES jobs (id),
    runner       TEXT    NOT NULL,
    fence        BIGINT  NOT NULL,                   -- the lease: jobs.token
    made_ms      BIGINT  NOT NULL
) WITHOUT ROWID;
CREATE INDEX lease_tokens_made ON lease_tokens (made_ms);
CREATE INDEX lease_tokens_runner ON lease_tokens (runner);
