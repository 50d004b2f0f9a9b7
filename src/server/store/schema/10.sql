-- The ids that clients have given to their messages, in the tenth format: eight bytes of a hash of the
-- content, then the id.
ALTER TABLE line ADD COLUMN once BLOB;
ALTER TABLE redacted ADD COLUMN once BLOB;
-- Those of messages that are not stored themselves. They are kept for a day.
CREATE TABLE once_only(
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    once BLOB NOT NULL
);
