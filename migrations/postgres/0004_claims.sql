-- What one server at a time does where several share the database: planning ('plan'), the judging of a run ('run:<id>').
CREATE TABLE claims (
    name     TEXT COLLATE "C" PRIMARY KEY,
    holder   TEXT   NOT NULL,                        -- the server, by a name of its own that it takes when it starts
    until_ms BIGINT NOT NULL                         -- another may take it then
);

-- The bells between servers: who writes a row that another server's loop looks for rings its bell when the transaction commits.
-- A bell that nobody hears is no loss, for the loops look by themselves too.
CREATE FUNCTION ounce_ring() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ounce', TG_ARGV[0]);
    RETURN NULL;
END
$$;
CREATE TRIGGER deliveries_ring AFTER INSERT ON deliveries FOR EACH STATEMENT EXECUTE FUNCTION ounce_ring('plan');
CREATE TRIGGER jobs_ring_new AFTER INSERT ON jobs FOR EACH STATEMENT EXECUTE FUNCTION ounce_ring('queue');
CREATE TRIGGER jobs_ring_again AFTER UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state = 'queued' AND OLD.state <> 'queued') EXECUTE FUNCTION ounce_ring('queue');
CREATE TRIGGER jobs_ring_ended AFTER UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state IN ('done', 'failed') AND OLD.state <> NEW.state) EXECUTE FUNCTION ounce_ring('judge');
CREATE TRIGGER outbox_ring_new AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION ounce_ring('publish');
CREATE TRIGGER outbox_ring_again AFTER UPDATE OF version ON outbox FOR EACH ROW
    WHEN (NEW.version > OLD.version) EXECUTE FUNCTION ounce_ring('publish');
