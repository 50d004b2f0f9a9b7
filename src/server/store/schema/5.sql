-- Bans of the server, in the fifth format.
-- The key is the target in the folded form; an end of NULL is never. Times are seconds of Unix time.
CREATE TABLE ban(
    folded TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    setter TEXT NOT NULL,
    reason TEXT NOT NULL,
    time INTEGER NOT NULL,
    until INTEGER
) WITHOUT ROWID;
