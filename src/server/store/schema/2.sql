-- Accounts, in the second format.
-- The key is the name in the folded form. Of a password, a SCRAM-SHA-256 verifier is kept (RFC 5802, 5.1).
CREATE TABLE account(
    folded TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;
-- The SHA-256 of each certificate in hexadecimal digits, and the key of the account that it logs in to.
CREATE TABLE certificate(
    fingerprint TEXT PRIMARY KEY,
    account TEXT NOT NULL
) WITHOUT ROWID;
-- With it, an account that does not exist looks like others to a client that tries to log in.
INSERT INTO meta(key, value) VALUES('secret', randomblob(32));
-- The names that users can register with a code.
CREATE TABLE invitation(
    folded TEXT PRIMARY KEY,
    code TEXT NOT NULL
) WITHOUT ROWID;
