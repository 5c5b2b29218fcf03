-- Who did what. AUTOINCREMENT: the place of a removed entry is never given again.
CREATE TABLE audit (
    seq       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms     INTEGER NOT NULL,
    anonymous INTEGER NOT NULL,
    document  TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_age ON audit (at_ms);
CREATE INDEX audit_anonymous ON audit (seq) WHERE anonymous = 1;

-- What is written down stays as it was written.
CREATE TRIGGER audit_is_appended_to BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are not changed');
END;
