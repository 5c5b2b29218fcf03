-- One table an aggregate: the whole as a JSON document, and beside it only the columns that
-- something is looked up or ordered by. Ids are UUIDs as text, lower-case: version 7 ids sort by
-- creation as text too.

CREATE TABLE clusters (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    document   TEXT    NOT NULL
) STRICT;

CREATE TABLE tokens (
    id       TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    digest   BLOB NOT NULL UNIQUE,
    document TEXT NOT NULL
) STRICT;

-- AUTOINCREMENT: the place of a removed event is never given again.
CREATE TABLE events (
    seq      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL,
    document TEXT    NOT NULL
) STRICT;

CREATE TABLE analyses (
    id            TEXT    NOT NULL PRIMARY KEY,
    origin        TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    document      TEXT    NOT NULL
) STRICT;
CREATE INDEX analyses_pending ON analyses (id) WHERE status = 'pending';
CREATE INDEX analyses_age ON analyses (origin, created_at_ms);

CREATE TABLE investigations (
    id       TEXT    NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    status   TEXT    NOT NULL,
    open     INTEGER NOT NULL,
    document TEXT    NOT NULL
) STRICT;
CREATE INDEX investigations_pending ON investigations (id) WHERE status = 'pending';
CREATE INDEX investigations_open ON investigations (id) WHERE open = 1;

CREATE TABLE reports (
    id       TEXT NOT NULL PRIMARY KEY,
    object   TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL
) STRICT;
