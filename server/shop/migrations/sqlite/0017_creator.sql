-- People who opened a post on a day (days of the shop), each once, and those of them who went on to a thing that it shows.
CREATE TABLE post_day (
    post_id BLOB NOT NULL REFERENCES post (id),
    day INTEGER NOT NULL,
    views INTEGER NOT NULL CHECK (views >= 0),
    clicks INTEGER NOT NULL CHECK (clicks >= 0),
    PRIMARY KEY (post_id, day)
) STRICT;
