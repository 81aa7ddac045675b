-- The feed of people who want one of their own: what they did, what they were shown and why, what they want less of.

-- What somebody agrees to is of two kinds now.
ALTER TABLE consent DROP CONSTRAINT consent_purpose_check;
ALTER TABLE consent ADD CONSTRAINT consent_purpose_check CHECK (purpose IN ('personal', 'bought'));
CREATE INDEX consent_withdrawn ON consent (withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- A page of the feed that was made for somebody: `items` is JSON, each place with its thing and the factors it stands there for.
CREATE TABLE feed_page (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    items TEXT NOT NULL,
    -- Whether what came of it has been learned from.
    learned BOOLEAN NOT NULL
);
CREATE INDEX feed_page_person ON feed_page (person_id, id);
CREATE INDEX feed_page_open ON feed_page (id) WHERE learned = FALSE;

-- What people did who agreed to that being remembered. Only added to, and gone with the agreement.
CREATE TABLE event (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    did TEXT NOT NULL CHECK (did IN ('impression', 'open', 'dwell', 'like', 'collect', 'share', 'cart', 'order', 'hide')),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post')),
    thing UUID NOT NULL,
    -- Where it stood in the feed, if it did.
    page_id UUID,
    place BIGINT,
    ms BIGINT NOT NULL CHECK (ms >= 0),
    CHECK ((page_id IS NULL) = (place IS NULL))
);
CREATE INDEX event_person ON event (person_id, id);

-- What somebody wants less of: a thing, what somebody makes, what is about something.
CREATE TABLE feed_less (
    person_id UUID NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'author', 'about')),
    thing UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (person_id, kind, thing)
);

-- How much each factor counts, in millionths, as learned so far.
CREATE TABLE feed_weight (
    factor TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    micro BIGINT NOT NULL
);

-- How many people have kept two things of one order; each pair once, the smaller id first.
CREATE TABLE bought_pair (
    product_id UUID NOT NULL REFERENCES product (id),
    other_id UUID NOT NULL REFERENCES product (id),
    people BIGINT NOT NULL CHECK (people > 0),
    PRIMARY KEY (product_id, other_id),
    CHECK (product_id < other_id)
);
CREATE INDEX bought_pair_other ON bought_pair (other_id, product_id);

-- Whom a pair has counted already, by a keyed hash of person and pair.
CREATE TABLE bought_who (
    who BYTEA NOT NULL PRIMARY KEY
);

-- The text that people agreed to says more now: whoever agreed to the one before is asked again, and nothing is kept until then.
UPDATE consent SET withdrawn_at = CAST(extract(epoch FROM now()) * 1000 AS BIGINT) WHERE withdrawn_at IS NULL;
DELETE FROM search_mine;
