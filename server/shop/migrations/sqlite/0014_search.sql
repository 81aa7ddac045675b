-- Search: which words stand in what can be found. All but the last four tables are made from others (`search::index`), and can be
-- made anew.

-- What is to be read again; `n` is drawn anew with every change, so that one that comes while another is read is not taken for it.
CREATE TABLE search_change (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    thing BLOB NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (kind, thing)
) STRICT;

-- What can be found. Its words: numbers of `search_term` and where each stands, as in `search_block`.
CREATE TABLE search_doc (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    id INTEGER NOT NULL,
    thing BLOB NOT NULL,
    terms BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE UNIQUE INDEX search_doc_thing ON search_doc (kind, thing);

-- A word, folded, and how it was written when it came, in simplified and in traditional characters.
CREATE TABLE search_term (
    id INTEGER NOT NULL PRIMARY KEY,
    term TEXT NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    shown_hant TEXT NOT NULL,
    -- Things in whose title or labels it is a whole word.
    docs INTEGER NOT NULL
) STRICT;

-- The things of 4,096 numbers (`part`) in which a word stands, each with where.
CREATE TABLE search_block (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'post', 'person', 'topic')),
    term INTEGER NOT NULL REFERENCES search_term (id),
    part INTEGER NOT NULL,
    docs BLOB NOT NULL,
    PRIMARY KEY (kind, term, part)
) STRICT;
CREATE INDEX search_block_term ON search_block (term);

-- What is typed for a word: itself, its pinyin, the first letters of that, itself without one letter.
CREATE TABLE search_key (
    key TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('word', 'pinyin', 'initials', 'slip')),
    term INTEGER NOT NULL REFERENCES search_term (id),
    PRIMARY KEY (how, key, term)
) STRICT;
CREATE INDEX search_key_term ON search_key (term);

-- The numbers that come next, and by which version of the rules words were cut; whoever writes here holds everybody else off.
CREATE TABLE search_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    doc INTEGER NOT NULL,
    term INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

INSERT INTO search_change (kind, thing, n) SELECT 'product', id, 1 FROM product;
INSERT INTO search_change (kind, thing, n) SELECT 'post', id, 1 FROM post WHERE state = 'published';
INSERT INTO search_change (kind, thing, n) SELECT 'person', id, 1 FROM person;
INSERT INTO search_change (kind, thing, n) SELECT 'topic', id, 1 FROM topic;

-- What people look for: how many on a day (days of the shop), and how it was written last.
CREATE TABLE search_said (
    day INTEGER NOT NULL,
    words TEXT NOT NULL,
    shown TEXT NOT NULL,
    people INTEGER NOT NULL CHECK (people > 0),
    PRIMARY KEY (day, words)
) STRICT;

-- Whom a day has counted already, by a keyed hash of person and words; gone when the day is over.
CREATE TABLE search_who (
    day INTEGER NOT NULL,
    who BLOB NOT NULL,
    PRIMARY KEY (day, who)
) STRICT;

-- What somebody looked for who wants that to be remembered.
CREATE TABLE search_mine (
    person_id BLOB NOT NULL REFERENCES person (id),
    words TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person_id, words)
) STRICT;
CREATE INDEX search_mine_at ON search_mine (person_id, at);

-- What somebody has agreed to, by the text of that version, and when he took it back.
CREATE TABLE consent (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('personal')),
    version INTEGER NOT NULL CHECK (version > 0),
    given_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;
CREATE UNIQUE INDEX consent_given ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_person ON consent (person_id, given_at);
