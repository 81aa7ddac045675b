-- Shares: one for each person, thing and way, with the share that brought the person here.
CREATE TABLE share (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'team')),
    -- The slug of the product, or the code of the team.
    object TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('system', 'copy', 'qr', 'whatsapp', 'telegram', 'line', 'sms')),
    parent_id BLOB REFERENCES share (id),
    -- Shares above it: 0 for one that nobody brought.
    depth INTEGER NOT NULL CHECK (depth >= 0),
    created_at INTEGER NOT NULL,
    UNIQUE (person_id, kind, object, channel),
    CHECK ((parent_id IS NULL) = (depth = 0))
) STRICT;
CREATE INDEX share_parent ON share (parent_id);

-- Real visits by a share: a browser counts once a day.
CREATE TABLE share_visit (
    share_id BLOB NOT NULL REFERENCES share (id),
    visitor BLOB NOT NULL,
    day INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (share_id, visitor, day)
) STRICT;

-- Which shares an order came by: the first one within 30 days, and the last one within 7.
CREATE TABLE share_order (
    order_id BLOB NOT NULL PRIMARY KEY REFERENCES orders (id),
    first_id BLOB REFERENCES share (id),
    last_id BLOB REFERENCES share (id),
    paid_at INTEGER,
    CHECK (first_id IS NOT NULL OR last_id IS NOT NULL)
) STRICT;
CREATE INDEX share_order_first ON share_order (first_id);
CREATE INDEX share_order_last ON share_order (last_id);
