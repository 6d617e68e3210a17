-- Who did what that changes what others may do or see: commands, approvals, what operators do on the command line.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at_ms  BIGINT NOT NULL,
    who    TEXT   NOT NULL,                          -- the forge's account, the runner, or the operator's account on the machine
    what   TEXT   NOT NULL,                          -- enroll, revoke, …, or the command as it was given; hostile text
    target TEXT   NOT NULL,                          -- on what: a runner, owner/name#7, a file
    origin TEXT   NOT NULL,                          -- from where: comment:<id>, button:<delivery>:<pull>, an address, command line
    result TEXT   NOT NULL                           -- what came of it
);
CREATE INDEX audit_at ON audit (at_ms);
