-- Deleted messages, in the seventh format. The message itself is gone; its id is not used again.
CREATE TABLE redacted(
    buffer INTEGER NOT NULL,
    id INTEGER NOT NULL,
    source INTEGER NOT NULL,
    time INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY(buffer, id)
) WITHOUT ROWID;
