-- Commission that was paid out. Minor units.
CREATE TABLE payout (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    -- Whoever of the shop did it.
    paid_by UUID NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL
);
CREATE INDEX payout_person ON payout (person_id, at);
