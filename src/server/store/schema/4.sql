-- The conversations of accounts, in the fourth format: a conversation is a buffer whose name has the
-- two keys, and which both of its accounts can read.
CREATE TABLE conversation(
    account TEXT NOT NULL,
    buffer INTEGER NOT NULL,
    PRIMARY KEY(account, buffer)
) WITHOUT ROWID;
