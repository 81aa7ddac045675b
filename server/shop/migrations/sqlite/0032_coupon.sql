-- What takes something off. Without a merchant it is the platform's, for everything; with a product it is for that one alone.
CREATE TABLE coupon (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    merchant_id BLOB REFERENCES merchant (id),
    product_id BLOB REFERENCES product (id),
    currency TEXT NOT NULL,
    -- Minor units, or basis points of what the goods come to.
    kind TEXT NOT NULL CHECK (kind IN ('amount', 'percent')),
    off INTEGER NOT NULL CHECK (off > 0),
    most INTEGER NOT NULL CHECK (most > 0),
    least INTEGER NOT NULL CHECK (least >= 0),
    way TEXT NOT NULL CHECK (way IN ('open', 'word', 'room')),
    word TEXT UNIQUE,
    quota INTEGER NOT NULL CHECK (quota > 0),
    remains INTEGER NOT NULL CHECK (remains >= 0 AND remains <= quota),
    per_person INTEGER NOT NULL CHECK (per_person > 0),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
    -- How long each is good for.
    lasts INTEGER NOT NULL CHECK (lasts > 0),
    stopped_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK (product_id IS NULL OR merchant_id IS NOT NULL),
    CHECK ((way = 'word') = (word IS NOT NULL))
) STRICT;
CREATE INDEX coupon_open ON coupon (ends_at) WHERE way = 'open' AND stopped_at IS NULL;
CREATE INDEX coupon_made ON coupon (created_at, id);

-- Coupons that a host hands out in his room: they are taken from those that remain, and what nobody took goes back.
CREATE TABLE coupon_drop (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    room_id BLOB NOT NULL REFERENCES room (id),
    coupon_id BLOB NOT NULL REFERENCES coupon (id),
    quota INTEGER NOT NULL CHECK (quota > 0),
    remains INTEGER NOT NULL CHECK (remains >= 0 AND remains <= quota),
    opened_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL CHECK (closes_at > opened_at),
    closed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX coupon_drop_open ON coupon_drop (room_id) WHERE closed_at IS NULL;
CREATE INDEX coupon_drop_room ON coupon_drop (room_id, opened_at);
CREATE INDEX coupon_drop_coupon ON coupon_drop (coupon_id);

-- One of somebody: numbered from 1, so that a second claim of the same one is the same.
CREATE TABLE coupon_grant (
    id BLOB NOT NULL PRIMARY KEY,
    coupon_id BLOB NOT NULL REFERENCES coupon (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    ordinal INTEGER NOT NULL CHECK (ordinal > 0),
    state TEXT NOT NULL CHECK (state IN ('free', 'locked', 'used')),
    -- What it is in, and what it took off, minor units.
    order_id BLOB REFERENCES orders (id),
    took INTEGER CHECK (took > 0),
    drop_id BLOB REFERENCES coupon_drop (id),
    granted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (coupon_id, person_id, ordinal),
    CHECK ((state = 'free') = (order_id IS NULL) AND (state = 'free') = (took IS NULL))
) STRICT;
CREATE INDEX coupon_grant_person ON coupon_grant (person_id, state, expires_at);
CREATE INDEX coupon_grant_order ON coupon_grant (order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX coupon_grant_drop ON coupon_grant (drop_id, person_id) WHERE drop_id IS NOT NULL;

-- What coupons took off each unit, and what of that the platform pays; the price of a unit is what is left.
ALTER TABLE order_line ADD COLUMN coupon_off INTEGER NOT NULL DEFAULT 0 CHECK (coupon_off >= 0);
ALTER TABLE order_line ADD COLUMN coupon_ours INTEGER NOT NULL DEFAULT 0 CHECK (coupon_ours >= 0 AND coupon_ours <= coupon_off);
-- What the platform pays a merchant for its coupons.
ALTER TABLE settlement ADD COLUMN subsidy INTEGER NOT NULL DEFAULT 0 CHECK (subsidy >= 0);

-- More happens in a room.
CREATE TABLE room_line_wider (
    room_id BLOB NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash', 'asks', 'asked', 'called', 'drops', 'dropped')),
    person_id BLOB REFERENCES person (id),
    text TEXT NOT NULL,
    gone_at INTEGER,
    gone_by BLOB REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq)
) STRICT;
INSERT INTO room_line_wider (room_id, seq, kind, person_id, text, gone_at, gone_by, at)
SELECT room_id, seq, kind, person_id, text, gone_at, gone_by, at FROM room_line;
DROP TABLE room_line;
ALTER TABLE room_line_wider RENAME TO room_line;
CREATE INDEX room_line_at ON room_line (room_id, at, seq);
CREATE INDEX room_line_person ON room_line (room_id, person_id, at);
CREATE INDEX room_line_gone ON room_line (room_id, gone_at) WHERE gone_at IS NOT NULL;
