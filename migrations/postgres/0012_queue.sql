-- The claim reads the head of the queue in its order; SQLite took the index by state instead, and sorted all that is queued at each claim.
DROP INDEX jobs_state;
CREATE INDEX jobs_ended ON jobs (state) WHERE state <> 'queued' AND state <> 'leased';
