-- Reviews: one for a line of an order that was received. What it said before is in its versions.
CREATE TABLE review (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    order_id BLOB NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    product_id BLOB NOT NULL REFERENCES product (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    -- Names between bars.
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    anonymous INTEGER NOT NULL,
    -- JSON: what was chosen, per language.
    choice TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    created_at INTEGER NOT NULL,
    follow_up TEXT,
    follow_up_at INTEGER,
    answer TEXT,
    answer_at INTEGER,
    answer_by BLOB REFERENCES person (id),
    helpful INTEGER NOT NULL CHECK (helpful >= 0),
    UNIQUE (order_id, position),
    FOREIGN KEY (order_id, position) REFERENCES order_line (order_id, position),
    CHECK ((follow_up IS NULL) = (follow_up_at IS NULL)),
    CHECK ((answer IS NULL) = (answer_at IS NULL) AND (answer IS NULL) = (answer_by IS NULL))
) STRICT;
CREATE INDEX review_product ON review (product_id, created_at, id);
-- The desk: what waits for an answer, and what has one.
CREATE INDEX review_desk ON review ((answer IS NULL), created_at, id);

CREATE TABLE review_version (
    review_id BLOB NOT NULL REFERENCES review (id),
    version INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    tags TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (review_id, version)
) STRICT;

-- Who found a review helpful.
CREATE TABLE review_vote (
    review_id BLOB NOT NULL REFERENCES review (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (review_id, person_id)
) STRICT;
