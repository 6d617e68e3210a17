-- A runner that fails again and again for reasons of infrastructure is set aside, and says why (store/health.rs).
ALTER TABLE runners ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;    -- in a row: leases that lapsed, jobs that failed on infra
ALTER TABLE runners ADD COLUMN aside_until_ms BIGINT;                 -- no work before; then one job at a time until one is done
ALTER TABLE runners ADD COLUMN aside_why TEXT COLLATE "C" NOT NULL DEFAULT '';   -- the latest of those failures; hostile text
