-- Challenges: what is posted under a topic in a given time competes for prizes that were said beforehand.
CREATE TABLE challenge (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    topic_id UUID NOT NULL REFERENCES topic (id),
    title TEXT NOT NULL,
    rules TEXT NOT NULL,
    prize TEXT NOT NULL,
    how TEXT NOT NULL CHECK (how IN ('votes', 'jury')),
    winners BIGINT NOT NULL CHECK (winners > 0),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    -- Votes that were given; those of the entries are counted one by one in challenge_tally.
    votes BIGINT NOT NULL DEFAULT 0 CHECK (votes >= 0),
    -- What the jury says of its list.
    statement TEXT NOT NULL DEFAULT '',
    decided_at BIGINT,
    cancelled_at BIGINT,
    created_at BIGINT NOT NULL,
    CHECK (starts_at < ends_at AND (decided_at IS NULL OR cancelled_at IS NULL))
);
CREATE INDEX challenge_topic ON challenge (topic_id, ends_at);
CREATE INDEX challenge_ends ON challenge (ends_at, id);

CREATE TABLE challenge_vote (
    challenge_id UUID NOT NULL REFERENCES challenge (id),
    voter_id UUID NOT NULL REFERENCES person (id),
    post_id UUID NOT NULL REFERENCES post (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (challenge_id, voter_id, post_id)
);

CREATE TABLE challenge_tally (
    challenge_id UUID NOT NULL REFERENCES challenge (id),
    post_id UUID NOT NULL REFERENCES post (id),
    votes BIGINT NOT NULL CHECK (votes >= 0),
    PRIMARY KEY (challenge_id, post_id)
);
CREATE INDEX challenge_tally_top ON challenge_tally (challenge_id, votes, post_id);

CREATE TABLE challenge_winner (
    challenge_id UUID NOT NULL REFERENCES challenge (id),
    place BIGINT NOT NULL CHECK (place > 0),
    post_id UUID NOT NULL REFERENCES post (id),
    author_id UUID NOT NULL REFERENCES person (id),
    votes BIGINT NOT NULL,
    PRIMARY KEY (challenge_id, place),
    UNIQUE (challenge_id, author_id)
);
CREATE INDEX challenge_winner_post ON challenge_winner (post_id);
