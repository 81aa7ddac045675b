-- Reviews: one for a line of an order that was received. What it said before is in its versions.
CREATE TABLE review (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    order_id UUID NOT NULL REFERENCES orders (id),
    position BIGINT NOT NULL,
    product_id UUID NOT NULL REFERENCES product (id),
    person_id UUID NOT NULL REFERENCES person (id),
    stars BIGINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    -- Names between bars.
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    -- JSON: what was chosen, per language.
    choice TEXT NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at BIGINT NOT NULL,
    follow_up TEXT,
    follow_up_at BIGINT,
    answer TEXT,
    answer_at BIGINT,
    answer_by UUID REFERENCES person (id),
    helpful BIGINT NOT NULL CHECK (helpful >= 0),
    UNIQUE (order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_line (order_id, position),
    CHECK ((follow_up IS NULL) = (follow_up_at IS NULL)),
    CHECK ((answer IS NULL) = (answer_at IS NULL) AND (answer IS NULL) = (answer_by IS NULL))
);
CREATE INDEX review_product ON review (product_id, created_at, id);
-- The desk: what waits for an answer, and what has one.
CREATE INDEX review_desk ON review ((answer IS NULL), created_at, id);

CREATE TABLE review_version (
    review_id UUID NOT NULL REFERENCES review (id),
    version BIGINT NOT NULL,
    stars BIGINT NOT NULL,
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (review_id, version)
);

-- Who found a review helpful.
CREATE TABLE review_vote (
    review_id UUID NOT NULL REFERENCES review (id),
    person_id UUID NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (review_id, person_id)
);
