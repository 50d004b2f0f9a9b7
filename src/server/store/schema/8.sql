-- Read markers, in the eighth format: how far the user of an account has read a room or conversation, in
-- Unix milliseconds. Both names are in the folded form.
CREATE TABLE marker(
    account TEXT NOT NULL,
    target TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY(account, target)
) WITHOUT ROWID;
