-- SQLite's runs got their long texts behind the short ones. PostgreSQL keeps long texts apart from their rows: there is nothing to move.
SELECT 1;
