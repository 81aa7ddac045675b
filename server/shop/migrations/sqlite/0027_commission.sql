-- What led to a thing in a cart: the first post that earns on it with its rate, and the last post of all.
ALTER TABLE cart_line ADD COLUMN earns_post_id BLOB REFERENCES post (id);
ALTER TABLE cart_line ADD COLUMN earns_bp INTEGER;
ALTER TABLE cart_line ADD COLUMN earns_at INTEGER;
ALTER TABLE cart_line ADD COLUMN from_post_id BLOB REFERENCES post (id);
ALTER TABLE cart_line ADD COLUMN from_at INTEGER;

ALTER TABLE order_line ADD COLUMN earns_post_id BLOB REFERENCES post (id);
-- Basis points.
ALTER TABLE order_line ADD COLUMN earns_bp INTEGER;
ALTER TABLE order_line ADD COLUMN from_post_id BLOB REFERENCES post (id);
CREATE INDEX order_line_earns ON order_line (earns_post_id) WHERE earns_post_id IS NOT NULL;
CREATE INDEX order_line_from ON order_line (from_post_id) WHERE from_post_id IS NOT NULL;

-- What was earned by a line of a completed order. Minor units.
CREATE TABLE commission (
    order_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    post_id BLOB NOT NULL REFERENCES post (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    -- What was paid for the line and not given back.
    base INTEGER NOT NULL CHECK (base >= 0),
    bp INTEGER NOT NULL CHECK (bp BETWEEN 0 AND 10000),
    amount INTEGER NOT NULL CHECK (amount BETWEEN 0 AND base),
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_line (order_id, position)
) STRICT;
CREATE INDEX commission_person ON commission (person_id, at);
CREATE INDEX commission_post ON commission (post_id);

-- What these units were worth when they were put into the case, minor units: what went back of each before is not in it.
ALTER TABLE after_sale_line ADD COLUMN worth INTEGER;
