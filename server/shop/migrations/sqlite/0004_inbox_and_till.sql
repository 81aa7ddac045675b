-- The inbox: what happened to one's things while one was not looking.
CREATE TABLE notice (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    order_id BLOB REFERENCES orders (id),
    -- The code of the case of after-sales that it is about.
    case_code TEXT,
    -- Minor units of the order's currency, when money moved.
    amount INTEGER,
    at INTEGER NOT NULL,
    read_at INTEGER
) STRICT;
CREATE INDEX notice_person ON notice (person_id, at, id);
CREATE INDEX notice_unread ON notice (person_id) WHERE read_at IS NULL;

-- The till: at most one row, and open without one; closed while an invariant of the money is broken, so that nothing new is bought on wrong books.
CREATE TABLE till (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    closed_at INTEGER,
    why TEXT NOT NULL
) STRICT;

-- What a line can be found by: its names in every language, in lower case. Older lines are found by all that they say.
ALTER TABLE order_line ADD COLUMN names TEXT NOT NULL DEFAULT '';
UPDATE order_line SET names = LOWER(snapshot);
