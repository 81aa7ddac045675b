-- A live room.
CREATE TABLE room (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    host_id BLOB NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'live', 'paused', 'ended')),
    starts_at INTEGER,
    began_at INTEGER,
    paused_at INTEGER,
    ended_at INTEGER,
    -- Which key opens it: the key itself is nowhere.
    key_id INTEGER NOT NULL DEFAULT 1,
    -- The number of the last line.
    seq INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
    -- Changes with what is in the bag.
    bag INTEGER NOT NULL DEFAULT 0,
    hearts INTEGER NOT NULL DEFAULT 0 CHECK (hearts >= 0),
    peak INTEGER NOT NULL DEFAULT 0 CHECK (peak >= 0),
    -- Seconds between two lines of one person.
    slow INTEGER NOT NULL DEFAULT 0 CHECK (slow >= 0),
    -- Whether everybody sees that somebody has bought.
    ticker INTEGER NOT NULL DEFAULT 1 CHECK (ticker IN (0, 1)),
    -- When pictures came last.
    fed_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'paused') = (paused_at IS NOT NULL))
) STRICT;
CREATE INDEX room_state ON room (state, began_at);
CREATE INDEX room_host ON room (host_id, created_at);

-- What a room sells, and what it takes from the price of each choice, minor units.
CREATE TABLE room_item (
    room_id BLOB NOT NULL REFERENCES room (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    place INTEGER NOT NULL CHECK (place > 0),
    off INTEGER NOT NULL CHECK (off >= 0),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, product_id),
    UNIQUE (room_id, place)
) STRICT;

-- When something was explained.
CREATE TABLE room_span (
    room_id BLOB NOT NULL REFERENCES room (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    from_at INTEGER NOT NULL,
    until_at INTEGER CHECK (until_at >= from_at),
    PRIMARY KEY (room_id, from_at, product_id)
) STRICT;
CREATE UNIQUE INDEX room_span_now ON room_span (room_id) WHERE until_at IS NULL;

-- What was said and what happened, numbered from 1 without a gap.
CREATE TABLE room_line (
    room_id BLOB NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash')),
    person_id BLOB REFERENCES person (id),
    text TEXT NOT NULL,
    gone_at INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq)
) STRICT;
-- What was said at a moment, for those who see it again.
CREATE INDEX room_line_at ON room_line (room_id, at, seq);
CREATE INDEX room_line_person ON room_line (room_id, person_id, at);
CREATE INDEX room_line_gone ON room_line (room_id, gone_at) WHERE gone_at IS NOT NULL;

-- Who does not speak in a room, and until when.
CREATE TABLE room_mute (
    room_id BLOB NOT NULL REFERENCES room (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    until_at INTEGER NOT NULL,
    by_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (room_id, person_id)
) STRICT;

-- Who is to be told when a room begins.
CREATE TABLE room_reminder (
    room_id BLOB NOT NULL REFERENCES room (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, person_id)
) STRICT;

-- How many look, as each node has said it last.
CREATE TABLE room_node (
    room_id BLOB NOT NULL REFERENCES room (id),
    node BLOB NOT NULL,
    viewers INTEGER NOT NULL CHECK (viewers >= 0),
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, node)
) STRICT;

-- A price for a short while, of so many units: what is taken from the price of each choice, minor units.
CREATE TABLE room_flash (
    id BLOB NOT NULL PRIMARY KEY,
    room_id BLOB NOT NULL REFERENCES room (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    off INTEGER NOT NULL CHECK (off > 0),
    units INTEGER NOT NULL CHECK (units > 0),
    each INTEGER NOT NULL CHECK (each > 0),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at)
) STRICT;
CREATE INDEX room_flash_room ON room_flash (room_id, ends_at);

-- A lucky bag or a sum in packets. The seed is told when it is drawn; its SHA-256 before.
CREATE TABLE room_draw (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    room_id BLOB NOT NULL REFERENCES room (id),
    kind TEXT NOT NULL CHECK (kind IN ('bag', 'packets')),
    -- Winners, or packets.
    prizes INTEGER NOT NULL CHECK (prizes > 0),
    -- Points of each winner, or of all packets together.
    points INTEGER NOT NULL CHECK (points >= 0),
    -- Or one of something, which is kept for the winners, at a price, minor units.
    sku_id BLOB REFERENCES sku (id),
    price INTEGER CHECK (price > 0),
    phrase TEXT NOT NULL,
    follow INTEGER NOT NULL,
    seed BLOB NOT NULL,
    commitment TEXT NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0 CHECK (joined >= 0),
    -- Points of the packets that were opened.
    given INTEGER NOT NULL DEFAULT 0 CHECK (given >= 0),
    opened_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,
    drawn_at INTEGER,
    CHECK ((sku_id IS NULL) = (points > 0)),
    CHECK ((sku_id IS NULL) = (price IS NULL))
) STRICT;
CREATE INDEX room_draw_room ON room_draw (room_id, opened_at);
CREATE UNIQUE INDEX room_draw_open ON room_draw (room_id) WHERE drawn_at IS NULL;

-- Who takes part, numbered from 1 without a gap.
CREATE TABLE room_entry (
    id BLOB NOT NULL PRIMARY KEY,
    draw_id BLOB NOT NULL REFERENCES room_draw (id),
    number INTEGER NOT NULL CHECK (number > 0),
    person_id BLOB NOT NULL REFERENCES person (id),
    -- What is drawn from.
    ticket TEXT NOT NULL UNIQUE,
    -- Points of a packet, or the place of a winner.
    won INTEGER CHECK (won > 0),
    at INTEGER NOT NULL,
    UNIQUE (draw_id, number),
    UNIQUE (draw_id, person_id)
) STRICT;
CREATE INDEX room_entry_person ON room_entry (person_id, at);

-- A price of a room that somebody took, and until when it is his. Minor units.
CREATE TABLE room_promise (
    person_id BLOB NOT NULL REFERENCES person (id),
    sku_id BLOB NOT NULL REFERENCES sku (id),
    room_id BLOB NOT NULL REFERENCES room (id),
    price INTEGER NOT NULL CHECK (price > 0),
    units INTEGER NOT NULL CHECK (units > 0),
    until_at INTEGER NOT NULL,
    flash_id BLOB REFERENCES room_flash (id),
    PRIMARY KEY (person_id, room_id, sku_id)
) STRICT;
CREATE INDEX room_promise_flash ON room_promise (flash_id) WHERE flash_id IS NOT NULL;

-- A segment of a recording; ticks of 1/90000 s.
CREATE TABLE room_segment (
    room_id BLOB NOT NULL REFERENCES room (id),
    number INTEGER NOT NULL CHECK (number >= 0),
    init INTEGER NOT NULL,
    lasts INTEGER NOT NULL CHECK (lasts > 0),
    at INTEGER NOT NULL,
    breaks INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    PRIMARY KEY (room_id, number)
) STRICT;

ALTER TABLE order_line ADD COLUMN room_id BLOB REFERENCES room (id);
CREATE INDEX order_line_room ON order_line (room_id, order_id) WHERE room_id IS NOT NULL;
ALTER TABLE order_line ADD COLUMN flash_id BLOB REFERENCES room_flash (id);
CREATE INDEX order_line_flash ON order_line (flash_id) WHERE flash_id IS NOT NULL;

-- A thing that somebody won: one is kept for him until then, or he has ordered it.
CREATE TABLE room_prize (
    draw_id BLOB NOT NULL REFERENCES room_draw (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    until_at INTEGER NOT NULL,
    order_id BLOB REFERENCES orders (id),
    PRIMARY KEY (draw_id, person_id)
) STRICT;
CREATE INDEX room_prize_order ON room_prize (order_id) WHERE order_id IS NOT NULL;
