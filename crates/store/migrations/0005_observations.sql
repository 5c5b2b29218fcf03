-- What was observed of clusters by calling them, the latest of each kind; beside the whole what
-- lists show of it. Rows go with their cluster.
CREATE TABLE observations (
    cluster          TEXT NOT NULL PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    validation       TEXT,
    validation_brief TEXT,
    discovery        TEXT,
    discovery_brief  TEXT
) STRICT;
