-- People who opened a post on a day (days of the shop), each once, and those of them who went on to a thing that it shows.
CREATE TABLE post_day (
    post_id UUID NOT NULL REFERENCES post (id),
    day BIGINT NOT NULL,
    views BIGINT NOT NULL CHECK (views >= 0),
    clicks BIGINT NOT NULL CHECK (clicks >= 0),
    PRIMARY KEY (post_id, day)
);
