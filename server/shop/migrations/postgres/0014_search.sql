-- Search: which words stand in what can be found. All but the last four tables are made from others (`search::index`), and can be
-- made anew.

-- What is to be read again; `n` is drawn anew with every change, so that one that comes while another is read is not taken for it.
CREATE TABLE search_change (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    thing UUID NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (kind, thing)
);

-- What can be found. Its words: numbers of `search_term` and where each stands, as in `search_block`.
CREATE TABLE search_doc (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    id BIGINT NOT NULL,
    thing UUID NOT NULL,
    terms BYTEA NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE UNIQUE INDEX search_doc_thing ON search_doc (kind, thing);

-- A word, folded, and how it was written when it came, in simplified and in traditional characters.
CREATE TABLE search_term (
    id BIGINT NOT NULL PRIMARY KEY,
    term TEXT COLLATE "C" NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    shown_hant TEXT NOT NULL,
    -- Things in whose title or labels it is a whole word.
    docs BIGINT NOT NULL
);

-- The things of 4,096 numbers (`part`) in which a word stands, each with where.
CREATE TABLE search_block (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    term BIGINT NOT NULL REFERENCES search_term (id),
    part BIGINT NOT NULL,
    docs BYTEA NOT NULL,
    PRIMARY KEY (kind, term, part)
);
CREATE INDEX search_block_term ON search_block (term);

-- What is typed for a word: itself, its pinyin, the first letters of that, itself without one letter.
CREATE TABLE search_key (
    key TEXT COLLATE "C" NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('word', 'pinyin', 'initials', 'slip')),
    term BIGINT NOT NULL REFERENCES search_term (id),
    PRIMARY KEY (how, key, term)
);
CREATE INDEX search_key_term ON search_key (term);

-- The numbers that come next, and by which version of the rules words were cut; whoever writes here holds everybody else off.
CREATE TABLE search_head (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    doc BIGINT NOT NULL,
    term BIGINT NOT NULL,
    version BIGINT NOT NULL
);

-- A large shop needs its time for this.
SET LOCAL statement_timeout = 0;
INSERT INTO search_change (kind, thing, n) SELECT 'product', id, 1 FROM product;
INSERT INTO search_change (kind, thing, n) SELECT 'post', id, 1 FROM post WHERE state = 'published';
INSERT INTO search_change (kind, thing, n) SELECT 'person', id, 1 FROM person;
INSERT INTO search_change (kind, thing, n) SELECT 'topic', id, 1 FROM topic;

-- What people look for: how many on a day (days of the shop), and how it was written last.
CREATE TABLE search_said (
    day BIGINT NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    shown TEXT NOT NULL,
    people BIGINT NOT NULL CHECK (people > 0),
    PRIMARY KEY (day, words)
);

-- Whom a day has counted already, by a keyed hash of person and words; gone when the day is over.
CREATE TABLE search_who (
    day BIGINT NOT NULL,
    who BYTEA NOT NULL,
    PRIMARY KEY (day, who)
);

-- What somebody looked for who wants that to be remembered.
CREATE TABLE search_mine (
    person_id UUID NOT NULL REFERENCES person (id),
    words TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (person_id, words)
);
CREATE INDEX search_mine_at ON search_mine (person_id, at);

-- What somebody has agreed to, by the text of that version, and when he took it back.
CREATE TABLE consent (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('personal')),
    version BIGINT NOT NULL CHECK (version > 0),
    given_at BIGINT NOT NULL,
    withdrawn_at BIGINT
);
CREATE UNIQUE INDEX consent_given ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_person ON consent (person_id, given_at);
