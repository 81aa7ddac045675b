-- Referral: who brought a new shopper. One row for an invited person; one that was declined at once was never bound.
CREATE TABLE referral (
    invited_id BLOB NOT NULL PRIMARY KEY REFERENCES person (id),
    inviter_id BLOB NOT NULL REFERENCES person (id),
    share_id BLOB NOT NULL REFERENCES share (id),
    state TEXT NOT NULL CHECK (state IN ('bound', 'qualified', 'approved', 'flagged', 'void')),
    inviter_points INTEGER NOT NULL CHECK (inviter_points >= 0),
    invited_points INTEGER NOT NULL CHECK (invited_points >= 0),
    clicked_at INTEGER NOT NULL,
    bound_at INTEGER,
    -- The first order that was completed.
    order_id BLOB REFERENCES orders (id),
    decided_at INTEGER,
    -- Whoever of the shop decided about a flagged one.
    decided_by BLOB REFERENCES person (id),
    household INTEGER NOT NULL,
    device INTEGER NOT NULL,
    -- The month of the approval by the shop's clock, and its number in it.
    month INTEGER,
    ordinal INTEGER CHECK (ordinal BETWEEN 1 AND 30),
    UNIQUE (inviter_id, month, ordinal),
    CHECK (inviter_id <> invited_id),
    CHECK (bound_at IS NOT NULL OR state = 'void'),
    CHECK ((state = 'approved') = (ordinal IS NOT NULL)),
    CHECK ((month IS NULL) = (ordinal IS NULL)),
    CHECK (state NOT IN ('qualified', 'approved', 'flagged') OR order_id IS NOT NULL)
) STRICT;
CREATE INDEX referral_inviter ON referral (inviter_id, bound_at);
CREATE INDEX referral_flagged ON referral (decided_at, invited_id) WHERE state = 'flagged';

-- What one person shares with another: addresses, telephone numbers and browsers, under a key. Forgotten after half a year.
CREATE TABLE person_mark (
    person_id BLOB NOT NULL REFERENCES person (id),
    mark BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('household', 'device')),
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, mark)
) STRICT;
CREATE INDEX person_mark_of ON person_mark (mark);
CREATE INDEX person_mark_seen ON person_mark (seen_at);
