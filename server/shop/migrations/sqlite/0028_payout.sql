-- Commission that was paid out. Minor units.
CREATE TABLE payout (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    -- Whoever of the shop did it.
    paid_by BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX payout_person ON payout (person_id, at);
