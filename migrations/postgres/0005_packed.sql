-- A measurement's JSON is large and compresses to a tenth: new rows keep it in `packed` (see store/measurements.rs) and leave `doc` empty.
-- Older rows are read from `doc` until housekeeping has packed them.
ALTER TABLE measurements ADD COLUMN packed BYTEA;
CREATE INDEX measurements_unpacked ON measurements (id) WHERE packed IS NULL;
