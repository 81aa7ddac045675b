-- A live room.
CREATE TABLE room (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    host_id UUID NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'live', 'paused', 'ended')),
    starts_at BIGINT,
    began_at BIGINT,
    paused_at BIGINT,
    ended_at BIGINT,
    -- Which key opens it: the key itself is nowhere.
    key_id BIGINT NOT NULL DEFAULT 1,
    -- The number of the last line.
    seq BIGINT NOT NULL DEFAULT 0 CHECK (seq >= 0),
    -- Changes with what is in the bag.
    bag BIGINT NOT NULL DEFAULT 0,
    hearts BIGINT NOT NULL DEFAULT 0 CHECK (hearts >= 0),
    peak BIGINT NOT NULL DEFAULT 0 CHECK (peak >= 0),
    -- Seconds between two lines of one person.
    slow BIGINT NOT NULL DEFAULT 0 CHECK (slow >= 0),
    -- Whether everybody sees that somebody has bought.
    ticker BOOLEAN NOT NULL DEFAULT TRUE,
    -- When pictures came last.
    fed_at BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'paused') = (paused_at IS NOT NULL))
);
CREATE INDEX room_state ON room (state, began_at);
CREATE INDEX room_host ON room (host_id, created_at);

-- What a room sells, and what it takes from the price of each choice, minor units.
CREATE TABLE room_item (
    room_id UUID NOT NULL REFERENCES room (id),
    product_id UUID NOT NULL REFERENCES product (id),
    place BIGINT NOT NULL CHECK (place > 0),
    off BIGINT NOT NULL CHECK (off >= 0),
    added_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, product_id),
    UNIQUE (room_id, place)
);

-- When something was explained.
CREATE TABLE room_span (
    room_id UUID NOT NULL REFERENCES room (id),
    product_id UUID NOT NULL REFERENCES product (id),
    from_at BIGINT NOT NULL,
    until_at BIGINT CHECK (until_at >= from_at),
    PRIMARY KEY (room_id, from_at, product_id)
);
CREATE UNIQUE INDEX room_span_now ON room_span (room_id) WHERE until_at IS NULL;

-- What was said and what happened, numbered from 1 without a gap.
CREATE TABLE room_line (
    room_id UUID NOT NULL REFERENCES room (id),
    seq BIGINT NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash')),
    person_id UUID REFERENCES person (id),
    text TEXT NOT NULL,
    gone_at BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, seq)
);
-- What was said at a moment, for those who see it again.
CREATE INDEX room_line_at ON room_line (room_id, at, seq);
CREATE INDEX room_line_person ON room_line (room_id, person_id, at);
CREATE INDEX room_line_gone ON room_line (room_id, gone_at) WHERE gone_at IS NOT NULL;

-- Who does not speak in a room, and until when.
CREATE TABLE room_mute (
    room_id UUID NOT NULL REFERENCES room (id),
    person_id UUID NOT NULL REFERENCES person (id),
    until_at BIGINT NOT NULL,
    by_id UUID NOT NULL REFERENCES person (id),
    PRIMARY KEY (room_id, person_id)
);

-- Who is to be told when a room begins.
CREATE TABLE room_reminder (
    room_id UUID NOT NULL REFERENCES room (id),
    person_id UUID NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, person_id)
);

-- How many look, as each node has said it last.
CREATE TABLE room_node (
    room_id UUID NOT NULL REFERENCES room (id),
    node UUID NOT NULL,
    viewers BIGINT NOT NULL CHECK (viewers >= 0),
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, node)
);

-- A price for a short while, of so many units: what is taken from the price of each choice, minor units.
CREATE TABLE room_flash (
    id UUID NOT NULL PRIMARY KEY,
    room_id UUID NOT NULL REFERENCES room (id),
    product_id UUID NOT NULL REFERENCES product (id),
    off BIGINT NOT NULL CHECK (off > 0),
    units BIGINT NOT NULL CHECK (units > 0),
    each BIGINT NOT NULL CHECK (each > 0),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL CHECK (ends_at > starts_at)
);
CREATE INDEX room_flash_room ON room_flash (room_id, ends_at);

-- A lucky bag or a sum in packets. The seed is told when it is drawn; its SHA-256 before.
CREATE TABLE room_draw (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    room_id UUID NOT NULL REFERENCES room (id),
    kind TEXT NOT NULL CHECK (kind IN ('bag', 'packets')),
    -- Winners, or packets.
    prizes BIGINT NOT NULL CHECK (prizes > 0),
    -- Points of each winner, or of all packets together.
    points BIGINT NOT NULL CHECK (points >= 0),
    -- Or one of something, which is kept for the winners, at a price, minor units.
    sku_id UUID REFERENCES sku (id),
    price BIGINT CHECK (price > 0),
    phrase TEXT NOT NULL,
    follow BOOLEAN NOT NULL,
    seed BYTEA NOT NULL,
    commitment TEXT NOT NULL,
    joined BIGINT NOT NULL DEFAULT 0 CHECK (joined >= 0),
    -- Points of the packets that were opened.
    given BIGINT NOT NULL DEFAULT 0 CHECK (given >= 0),
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    drawn_at BIGINT,
    CHECK ((sku_id IS NULL) = (points > 0)),
    CHECK ((sku_id IS NULL) = (price IS NULL))
);
CREATE INDEX room_draw_room ON room_draw (room_id, opened_at);
CREATE UNIQUE INDEX room_draw_open ON room_draw (room_id) WHERE drawn_at IS NULL;

-- Who takes part, numbered from 1 without a gap.
CREATE TABLE room_entry (
    id UUID NOT NULL PRIMARY KEY,
    draw_id UUID NOT NULL REFERENCES room_draw (id),
    number BIGINT NOT NULL CHECK (number > 0),
    person_id UUID NOT NULL REFERENCES person (id),
    -- What is drawn from.
    ticket TEXT NOT NULL UNIQUE,
    -- Points of a packet, or the place of a winner.
    won BIGINT CHECK (won > 0),
    at BIGINT NOT NULL,
    UNIQUE (draw_id, number),
    UNIQUE (draw_id, person_id)
);
CREATE INDEX room_entry_person ON room_entry (person_id, at);

-- A price of a room that somebody took, and until when it is his. Minor units.
CREATE TABLE room_promise (
    person_id UUID NOT NULL REFERENCES person (id),
    sku_id UUID NOT NULL REFERENCES sku (id),
    room_id UUID NOT NULL REFERENCES room (id),
    price BIGINT NOT NULL CHECK (price > 0),
    units BIGINT NOT NULL CHECK (units > 0),
    until_at BIGINT NOT NULL,
    flash_id UUID REFERENCES room_flash (id),
    PRIMARY KEY (person_id, room_id, sku_id)
);
CREATE INDEX room_promise_flash ON room_promise (flash_id) WHERE flash_id IS NOT NULL;

-- A segment of a recording; ticks of 1/90000 s.
CREATE TABLE room_segment (
    room_id UUID NOT NULL REFERENCES room (id),
    number BIGINT NOT NULL CHECK (number >= 0),
    init BIGINT NOT NULL,
    lasts BIGINT NOT NULL CHECK (lasts > 0),
    at BIGINT NOT NULL,
    breaks BOOLEAN NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (room_id, number)
);

ALTER TABLE order_line ADD COLUMN room_id UUID REFERENCES room (id);
CREATE INDEX order_line_room ON order_line (room_id, order_id) WHERE room_id IS NOT NULL;
ALTER TABLE order_line ADD COLUMN flash_id UUID REFERENCES room_flash (id);
CREATE INDEX order_line_flash ON order_line (flash_id) WHERE flash_id IS NOT NULL;

-- A thing that somebody won: one is kept for him until then, or he has ordered it.
CREATE TABLE room_prize (
    draw_id UUID NOT NULL REFERENCES room_draw (id),
    person_id UUID NOT NULL REFERENCES person (id),
    until_at BIGINT NOT NULL,
    order_id UUID REFERENCES orders (id),
    PRIMARY KEY (draw_id, person_id)
);
CREATE INDEX room_prize_order ON room_prize (order_id) WHERE order_id IS NOT NULL;
