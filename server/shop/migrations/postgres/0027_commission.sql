-- What led to a thing in a cart: the first post that earns on it with its rate, and the last post of all.
ALTER TABLE cart_line ADD COLUMN earns_post_id UUID REFERENCES post (id);
ALTER TABLE cart_line ADD COLUMN earns_bp BIGINT;
ALTER TABLE cart_line ADD COLUMN earns_at BIGINT;
ALTER TABLE cart_line ADD COLUMN from_post_id UUID REFERENCES post (id);
ALTER TABLE cart_line ADD COLUMN from_at BIGINT;

ALTER TABLE order_line ADD COLUMN earns_post_id UUID REFERENCES post (id);
-- Basis points.
ALTER TABLE order_line ADD COLUMN earns_bp BIGINT;
ALTER TABLE order_line ADD COLUMN from_post_id UUID REFERENCES post (id);
CREATE INDEX order_line_earns ON order_line (earns_post_id) WHERE earns_post_id IS NOT NULL;
CREATE INDEX order_line_from ON order_line (from_post_id) WHERE from_post_id IS NOT NULL;

-- What was earned by a line of a completed order. Minor units.
CREATE TABLE commission (
    order_id UUID NOT NULL,
    position BIGINT NOT NULL,
    post_id UUID NOT NULL REFERENCES post (id),
    person_id UUID NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    -- What was paid for the line and not given back.
    base BIGINT NOT NULL CHECK (base >= 0),
    bp BIGINT NOT NULL CHECK (bp BETWEEN 0 AND 10000),
    amount BIGINT NOT NULL CHECK (amount BETWEEN 0 AND base),
    at BIGINT NOT NULL,
    PRIMARY KEY (order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_line (order_id, position)
);
CREATE INDEX commission_person ON commission (person_id, at);
CREATE INDEX commission_post ON commission (post_id);

-- What these units were worth when they were put into the case, minor units: what went back of each before is not in it.
ALTER TABLE after_sale_line ADD COLUMN worth BIGINT;
