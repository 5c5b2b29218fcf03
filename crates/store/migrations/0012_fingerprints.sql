-- What kind of trouble each investigation found, apart from the investigations themselves: it is
-- looked through by the hundred, and is a hundredth of their size. Rows go with theirs.
CREATE TABLE fingerprints (
    investigation TEXT NOT NULL PRIMARY KEY REFERENCES investigations (id) ON DELETE CASCADE,
    document      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
