-- Rooms are sent by links too.
CREATE TABLE share_wider (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'team', 'post', 'room')),
    -- The slug of the product, or the code of the team, the post or the room.
    object TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('system', 'copy', 'qr', 'whatsapp', 'telegram', 'line', 'sms')),
    parent_id BLOB REFERENCES share (id),
    -- Shares above it: 0 for one that nobody brought.
    depth INTEGER NOT NULL CHECK (depth >= 0),
    created_at INTEGER NOT NULL,
    UNIQUE (person_id, kind, object, channel),
    CHECK ((parent_id IS NULL) = (depth = 0))
) STRICT;
INSERT INTO share_wider (id, code, person_id, kind, object, channel, parent_id, depth, created_at)
SELECT id, code, person_id, kind, object, channel, parent_id, depth, created_at FROM share;
DROP TABLE share;
ALTER TABLE share_wider RENAME TO share;
CREATE INDEX share_parent ON share (parent_id);
