-- The units of runners' labs, as they were told of last. No job is given or kept by what stands here: it is shown.
CREATE TABLE units (
    runner   TEXT COLLATE "C" NOT NULL REFERENCES runners (name),
    name     TEXT COLLATE "C" NOT NULL,                  -- as the runner's lab.toml has it
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('well', 'suspect', 'offline')),
    doc      TEXT COLLATE "C" NOT NULL,                  -- `ounce_protocol::lab::UnitState` as JSON; hostile text in it
    since_ms BIGINT NOT NULL,                            -- since when it stands so, as far as the server was told
    seen_ms  BIGINT,                                     -- when its probe was there last, or somebody worked with it
    told_ms  BIGINT NOT NULL,                            -- when the runner told of it last
    PRIMARY KEY (runner, name)
);
