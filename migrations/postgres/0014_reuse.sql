-- The same bytes are not run again.

-- What the benchmarks' figures depend on, where each of them was run for this row and gave one exact figure; else NULL.
ALTER TABLE measurements ADD COLUMN run_key TEXT;
CREATE INDEX measurements_run_key ON measurements (run_key) WHERE run_key IS NOT NULL;

-- 1: somebody asked for it by name, so everything is run.
ALTER TABLE runs ADD COLUMN afresh BIGINT NOT NULL DEFAULT 0;
