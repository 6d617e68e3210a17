-- SQLite reads a row from its beginning: what stood behind a run's comparison, tens of kilobytes on pages of its own, was reached through all of it.
-- Now the long texts are the last columns, and a list of runs reads none of them.
ALTER TABLE runs ADD COLUMN long_manifest TEXT NOT NULL DEFAULT '';  -- ounce.toml at the base; empty where there is none
ALTER TABLE runs ADD COLUMN long_comparison TEXT;                    -- `ounce_analysis::Comparison` as JSON, when judged
UPDATE runs SET long_manifest = manifest, long_comparison = comparison;
ALTER TABLE runs DROP COLUMN manifest;
ALTER TABLE runs DROP COLUMN comparison;
ALTER TABLE runs RENAME COLUMN long_manifest TO manifest;
ALTER TABLE runs RENAME COLUMN long_comparison TO comparison;
