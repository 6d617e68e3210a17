-- What the pages of what is at work ask for.

-- What ended lately, and what each runner did: written once, when a job ends.
CREATE INDEX jobs_ended_at ON jobs (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX jobs_of_runner ON jobs (runner, ended_ms) WHERE ended_ms IS NOT NULL;
-- A list of runs is filtered without reading the rows, whose comparisons are long.
CREATE INDEX runs_listed ON runs (project_id, id, state, verdict, kind, pull_number);
CREATE INDEX runs_of_number ON runs (project_id, pull_number, id, state, verdict, kind) WHERE pull_number IS NOT NULL;
-- What was done to one runner.
CREATE INDEX audit_target ON audit (target, id);
