-- What is kept of credentials. `reserved` is the highest generation that was ever given to a
-- field, so that none is given twice; `generation` the current one, none where there is no
-- credential (any more). Rows go with their cluster, whose id is never given again.
CREATE TABLE credentials (
    cluster    TEXT    NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    field      TEXT    NOT NULL,
    reserved   INTEGER NOT NULL,
    generation INTEGER,
    key_id     TEXT,
    document   TEXT,
    used_at_ms INTEGER,
    used_by    TEXT,
    PRIMARY KEY (cluster, field)
) STRICT;
CREATE INDEX credentials_key ON credentials (key_id) WHERE generation IS NOT NULL;

-- Envelopes, where they lie in the database. Without a key from outside they say nothing.
CREATE TABLE envelopes (
    cluster    TEXT    NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    field      TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    envelope   BLOB    NOT NULL,
    PRIMARY KEY (cluster, field, generation)
) STRICT, WITHOUT ROWID;

-- The rotation of keys that was last asked for: one row at most.
CREATE TABLE key_rotation (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    document TEXT    NOT NULL
) STRICT;
