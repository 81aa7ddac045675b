-- The feed of people who want one of their own: what they did, what they were shown and why, what they want less of.

-- What somebody agrees to is of two kinds now.
CREATE TABLE consent_new (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('personal', 'bought')),
    version INTEGER NOT NULL CHECK (version > 0),
    given_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;
INSERT INTO consent_new (id, person_id, purpose, version, given_at, withdrawn_at)
    SELECT id, person_id, purpose, version, given_at, withdrawn_at FROM consent;
DROP TABLE consent;
ALTER TABLE consent_new RENAME TO consent;
CREATE UNIQUE INDEX consent_given ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_person ON consent (person_id, given_at);
CREATE INDEX consent_withdrawn ON consent (withdrawn_at) WHERE withdrawn_at IS NOT NULL;

-- A page of the feed that was made for somebody: `items` is JSON, each place with its thing and the factors it stands there for.
CREATE TABLE feed_page (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    items TEXT NOT NULL,
    -- Whether what came of it has been learned from.
    learned INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_page_person ON feed_page (person_id, id);
CREATE INDEX feed_page_open ON feed_page (id) WHERE learned = FALSE;

-- What people did who agreed to that being remembered. Only added to, and gone with the agreement.
CREATE TABLE event (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    did TEXT NOT NULL CHECK (did IN ('impression', 'open', 'dwell', 'like', 'collect', 'share', 'cart', 'order', 'hide')),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post')),
    thing BLOB NOT NULL,
    -- Where it stood in the feed, if it did.
    page_id BLOB,
    place INTEGER,
    ms INTEGER NOT NULL CHECK (ms >= 0),
    CHECK ((page_id IS NULL) = (place IS NULL))
) STRICT;
CREATE INDEX event_person ON event (person_id, id);

-- What somebody wants less of: a thing, what somebody makes, what is about something.
CREATE TABLE feed_less (
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'author', 'about')),
    thing BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person_id, kind, thing)
) STRICT;

-- How much each factor counts, in millionths, as learned so far.
CREATE TABLE feed_weight (
    factor TEXT NOT NULL PRIMARY KEY,
    micro INTEGER NOT NULL
) STRICT;

-- How many people have kept two things of one order; each pair once, the smaller id first.
CREATE TABLE bought_pair (
    product_id BLOB NOT NULL REFERENCES product (id),
    other_id BLOB NOT NULL REFERENCES product (id),
    people INTEGER NOT NULL CHECK (people > 0),
    PRIMARY KEY (product_id, other_id),
    CHECK (product_id < other_id)
) STRICT;
CREATE INDEX bought_pair_other ON bought_pair (other_id, product_id);

-- Whom a pair has counted already, by a keyed hash of person and pair.
CREATE TABLE bought_who (
    who BLOB NOT NULL PRIMARY KEY
) STRICT;

-- The text that people agreed to says more now: whoever agreed to the one before is asked again, and nothing is kept until then.
UPDATE consent SET withdrawn_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) WHERE withdrawn_at IS NULL;
DELETE FROM search_mine;
