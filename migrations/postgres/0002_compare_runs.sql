-- Runs that somebody asked for with `/ounce compare`.
ALTER TABLE runs DROP CONSTRAINT runs_kind_check;
ALTER TABLE runs ADD CONSTRAINT runs_kind_check CHECK (kind IN ('pull', 'push', 'compare'));
ALTER TABLE runs ADD COLUMN answers BIGINT;                             -- for kind = 'compare': the forge's id of the comment that asked
ALTER TABLE runs ADD COLUMN refs TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- for kind = 'compare': JSON list of references that lead to the commits
ALTER TABLE runs ADD COLUMN accepted_by TEXT COLLATE "C";               -- who said that what is over a budget is meant to be
ALTER TABLE runs ADD COLUMN accepted_reason TEXT COLLATE "C";           -- why; hostile text
ALTER TABLE runs ADD COLUMN accepted_ms BIGINT;
