-- Challenges: what is posted under a topic in a given time competes for prizes that were said beforehand.
CREATE TABLE challenge (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    topic_id BLOB NOT NULL REFERENCES topic (id),
    title TEXT NOT NULL,
    rules TEXT NOT NULL,
    prize TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('votes', 'jury')),
    winners INTEGER NOT NULL CHECK (winners > 0),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    -- Votes that were given; those of the entries are counted one by one in challenge_tally.
    votes INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0),
    -- What the jury says of its list.
    statement TEXT NOT NULL DEFAULT '',
    decided_at INTEGER,
    cancelled_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK (starts_at < ends_at AND (decided_at IS NULL OR cancelled_at IS NULL))
) STRICT;
CREATE INDEX challenge_topic ON challenge (topic_id, ends_at);
CREATE INDEX challenge_ends ON challenge (ends_at, id);

CREATE TABLE challenge_vote (
    challenge_id BLOB NOT NULL REFERENCES challenge (id),
    voter_id BLOB NOT NULL REFERENCES person (id),
    post_id BLOB NOT NULL REFERENCES post (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (challenge_id, voter_id, post_id)
) STRICT;

CREATE TABLE challenge_tally (
    challenge_id BLOB NOT NULL REFERENCES challenge (id),
    post_id BLOB NOT NULL REFERENCES post (id),
    votes INTEGER NOT NULL CHECK (votes >= 0),
    PRIMARY KEY (challenge_id, post_id)
) STRICT;
CREATE INDEX challenge_tally_top ON challenge_tally (challenge_id, votes, post_id);

CREATE TABLE challenge_winner (
    challenge_id BLOB NOT NULL REFERENCES challenge (id),
    place INTEGER NOT NULL CHECK (place > 0),
    post_id BLOB NOT NULL REFERENCES post (id),
    author_id BLOB NOT NULL REFERENCES person (id),
    votes INTEGER NOT NULL,
    PRIMARY KEY (challenge_id, place),
    UNIQUE (challenge_id, author_id)
) STRICT;
CREATE INDEX challenge_winner_post ON challenge_winner (post_id);
