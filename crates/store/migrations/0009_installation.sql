-- Which installation this is: one row, made at the first start that asks for it.
CREATE TABLE installation (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    name TEXT    NOT NULL
) STRICT;
