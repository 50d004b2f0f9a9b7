-- Registered rooms, in the third format.
-- The key is the name in the folded form, as are the names of accounts here.
CREATE TABLE room(
    folded TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    created INTEGER NOT NULL,
    founder TEXT NOT NULL,
    letters TEXT NOT NULL,
    key TEXT,
    member_limit INTEGER,
    topic TEXT,
    topic_setter TEXT,
    topic_time INTEGER
) WITHOUT ROWID;
-- The accounts with a rank, in the order in which they got one. rank: o or v.
CREATE TABLE access(
    no INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    account TEXT NOT NULL,
    rank TEXT NOT NULL,
    UNIQUE(room, account)
);
-- The masks of a room in their order. list: b, e or I.
CREATE TABLE mask(
    no INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    list TEXT NOT NULL,
    mask TEXT NOT NULL,
    setter TEXT NOT NULL,
    time INTEGER NOT NULL
);
CREATE INDEX mask_of_room ON mask(room);
