-- What one server at a time does where several share the database: planning ('plan'), the judging of a run ('run:<id>').
CREATE TABLE claims (
    name     TEXT   PRIMARY KEY,
    holder   TEXT   NOT NULL,                        -- the server, by a name of its own that it takes when it starts
    until_ms BIGINT NOT NULL                         -- another may take it then
) WITHOUT ROWID;
