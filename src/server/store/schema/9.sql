-- More nicks of accounts, in the ninth format. The key is the nick in the folded form, and so is the
-- account; the numbers keep the order in which they were added.
CREATE TABLE nick(
    no INTEGER PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    account TEXT NOT NULL
);
