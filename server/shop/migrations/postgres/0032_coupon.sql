-- What takes something off. Without a merchant it is the platform's, for everything; with a product it is for that one alone.
CREATE TABLE coupon (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    merchant_id UUID REFERENCES merchant (id),
    product_id UUID REFERENCES product (id),
    currency TEXT NOT NULL,
    -- Minor units, or basis points of what the goods come to.
    kind TEXT NOT NULL CHECK (kind IN ('amount', 'percent')),
    off BIGINT NOT NULL CHECK (off > 0),
    most BIGINT NOT NULL CHECK (most > 0),
    least BIGINT NOT NULL CHECK (least >= 0),
    way TEXT NOT NULL CHECK (way IN ('open', 'word', 'room')),
    word TEXT UNIQUE,
    quota BIGINT NOT NULL CHECK (quota > 0),
    remains BIGINT NOT NULL CHECK (remains >= 0 AND remains <= quota),
    per_person BIGINT NOT NULL CHECK (per_person > 0),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL CHECK (ends_at > starts_at),
    -- How long each is good for.
    lasts BIGINT NOT NULL CHECK (lasts > 0),
    stopped_at BIGINT,
    created_at BIGINT NOT NULL,
    CHECK (product_id IS NULL OR merchant_id IS NOT NULL),
    CHECK ((way = 'word') = (word IS NOT NULL))
);
CREATE INDEX coupon_open ON coupon (ends_at) WHERE way = 'open' AND stopped_at IS NULL;
CREATE INDEX coupon_made ON coupon (created_at, id);

-- Coupons that a host hands out in his room: they are taken from those that remain, and what nobody took goes back.
CREATE TABLE coupon_drop (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    room_id UUID NOT NULL REFERENCES room (id),
    coupon_id UUID NOT NULL REFERENCES coupon (id),
    quota BIGINT NOT NULL CHECK (quota > 0),
    remains BIGINT NOT NULL CHECK (remains >= 0 AND remains <= quota),
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL CHECK (closes_at > opened_at),
    closed_at BIGINT
);
CREATE UNIQUE INDEX coupon_drop_open ON coupon_drop (room_id) WHERE closed_at IS NULL;
CREATE INDEX coupon_drop_room ON coupon_drop (room_id, opened_at);
CREATE INDEX coupon_drop_coupon ON coupon_drop (coupon_id);

-- One of somebody: numbered from 1, so that a second claim of the same one is the same.
CREATE TABLE coupon_grant (
    id UUID NOT NULL PRIMARY KEY,
    coupon_id UUID NOT NULL REFERENCES coupon (id),
    person_id UUID NOT NULL REFERENCES person (id),
    ordinal BIGINT NOT NULL CHECK (ordinal > 0),
    state TEXT NOT NULL CHECK (state IN ('free', 'locked', 'used')),
    -- What it is in, and what it took off, minor units.
    order_id UUID REFERENCES orders (id),
    took BIGINT CHECK (took > 0),
    drop_id UUID REFERENCES coupon_drop (id),
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (coupon_id, person_id, ordinal),
    CHECK ((state = 'free') = (order_id IS NULL) AND (state = 'free') = (took IS NULL))
);
CREATE INDEX coupon_grant_person ON coupon_grant (person_id, state, expires_at);
CREATE INDEX coupon_grant_order ON coupon_grant (order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX coupon_grant_drop ON coupon_grant (drop_id, person_id) WHERE drop_id IS NOT NULL;

-- What coupons took off each unit, and what of that the platform pays; the price of a unit is what is left.
ALTER TABLE order_line ADD COLUMN coupon_off BIGINT NOT NULL DEFAULT 0 CHECK (coupon_off >= 0);
ALTER TABLE order_line ADD COLUMN coupon_ours BIGINT NOT NULL DEFAULT 0 CHECK (coupon_ours >= 0 AND coupon_ours <= coupon_off);
-- What the platform pays a merchant for its coupons.
ALTER TABLE settlement ADD COLUMN subsidy BIGINT NOT NULL DEFAULT 0 CHECK (subsidy >= 0);

-- More happens in a room.
ALTER TABLE room_line DROP CONSTRAINT room_line_kind_check;
ALTER TABLE room_line ADD CONSTRAINT room_line_kind_check CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash', 'asks', 'asked', 'called', 'drops', 'dropped'));
