-- How close somebody is to a host whose fans he has joined: what he had when a day began (days since 1970 by the clock of the shop), and what he has
-- done since.
CREATE TABLE fan (
    host_id UUID NOT NULL REFERENCES person (id),
    person_id UUID NOT NULL REFERENCES person (id),
    day BIGINT NOT NULL,
    points BIGINT NOT NULL CHECK (points >= 0),
    -- How long he has seen it play, ms; lines; hearts; visits that his links brought; orders that he kept.
    ms BIGINT NOT NULL CHECK (ms >= 0),
    said BIGINT NOT NULL CHECK (said >= 0),
    hearts BIGINT NOT NULL CHECK (hearts >= 0),
    brought BIGINT NOT NULL CHECK (brought >= 0),
    bought BIGINT NOT NULL CHECK (bought >= 0),
    PRIMARY KEY (host_id, person_id),
    CHECK (host_id <> person_id)
);
