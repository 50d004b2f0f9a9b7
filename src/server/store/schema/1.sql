-- The tables of the first format.
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
-- A room from its creation to its end: name in the folded form, and the id at which it was created.
CREATE TABLE buffer(
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    shown TEXT NOT NULL,
    UNIQUE(name, since)
);
-- nick!user@host of senders, each once. There are no accounts yet, so that column is empty.
CREATE TABLE source(
    no INTEGER PRIMARY KEY,
    mask TEXT NOT NULL,
    account TEXT NOT NULL,
    UNIQUE(mask, account)
);
-- The messages. kind: 1 PRIVMSG, 2 NOTICE.
CREATE TABLE line(
    buffer INTEGER NOT NULL,
    id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    source INTEGER NOT NULL,
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(buffer, id)
) WITHOUT ROWID;
