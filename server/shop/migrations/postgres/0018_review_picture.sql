-- What reviews show.
CREATE TABLE review_picture (
    review_id UUID NOT NULL REFERENCES review (id),
    position BIGINT NOT NULL,
    picture_id UUID NOT NULL UNIQUE REFERENCES picture (id),
    PRIMARY KEY (review_id, position)
);
ALTER TABLE review ADD COLUMN pictures BIGINT NOT NULL DEFAULT 0 CHECK (pictures >= 0);
CREATE INDEX review_pictured ON review (product_id, created_at, id) WHERE pictures > 0;

-- Points for what a review says and shows, once each; taken back, they do not come again.
CREATE TABLE review_reward (
    review_id UUID NOT NULL REFERENCES review (id),
    kind TEXT NOT NULL CHECK (kind IN ('text', 'picture')),
    person_id UUID NOT NULL REFERENCES person (id),
    points BIGINT NOT NULL CHECK (points > 0),
    at BIGINT NOT NULL,
    taken_at BIGINT,
    PRIMARY KEY (review_id, kind)
);
-- How much somebody got today.
CREATE INDEX review_reward_person ON review_reward (person_id, at);
