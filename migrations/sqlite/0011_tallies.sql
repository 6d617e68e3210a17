-- What operators' metrics count. Rows, so that a restart or a second server loses nothing and counts nothing twice.

-- Each only grows. A histogram is a row for each bound and one for its sum.
CREATE TABLE tallies (
    name   TEXT   NOT NULL,                          -- what is counted
    runner TEXT   NOT NULL,                          -- whose; empty where it is nobody's
    label  TEXT   NOT NULL,                          -- how it ended; of a histogram the bound in milliseconds, inf or sum; else empty
    value  BIGINT NOT NULL,
    PRIMARY KEY (name, runner, label)
) WITHOUT ROWID;

-- Since when the oldest text that is not on the forge yet could have been there.
ALTER TABLE outbox ADD COLUMN wanted_ms BIGINT NOT NULL DEFAULT 0;
UPDATE outbox SET wanted_ms = due_ms;

-- How many stand where is asked each time metrics are read.
CREATE INDEX deliveries_state ON deliveries (state);
CREATE INDEX runs_state ON runs (state);
CREATE INDEX jobs_state ON jobs (state);
