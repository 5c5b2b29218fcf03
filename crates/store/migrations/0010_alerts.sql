-- What Alertmanagers told of each alert at last. Rows go with their cluster, and when they are old.
CREATE TABLE alerts (
    cluster       TEXT    NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
    fingerprint   TEXT    NOT NULL,
    starts_at_ms  INTEGER NOT NULL,
    firing        INTEGER NOT NULL,
    told_at_ms    INTEGER NOT NULL,
    PRIMARY KEY (cluster, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_age ON alerts (cluster, told_at_ms);

-- How many events the alerts of a cluster had in a minute: the latest minute only.
CREATE TABLE alert_minutes (
    cluster TEXT    NOT NULL PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
    minute  INTEGER NOT NULL,
    events  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
