-- Polls of posts.
CREATE TABLE poll (
    post_id UUID NOT NULL PRIMARY KEY REFERENCES post (id),
    kind TEXT NOT NULL CHECK (kind IN ('single', 'several', 'ranked', 'quiz')),
    -- JSON: a list of texts.
    options TEXT NOT NULL,
    shows TEXT NOT NULL CHECK (shows IN ('always', 'voted', 'closed')),
    -- Open for so many days from when its post is shown.
    days BIGINT NOT NULL CHECK (days > 0),
    -- The place of the right option of a quiz.
    answer BIGINT,
    closes_at BIGINT,
    voters BIGINT NOT NULL DEFAULT 0 CHECK (voters >= 0),
    CHECK ((kind = 'quiz') = (answer IS NOT NULL)),
    CHECK (closes_at IS NOT NULL OR voters = 0)
);

-- What each person chose: places of options, as in `2,0`.
CREATE TABLE poll_ballot (
    post_id UUID NOT NULL REFERENCES poll (post_id),
    person_id UUID NOT NULL REFERENCES person (id),
    picks TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (post_id, person_id)
);

-- How many ballots are alike.
CREATE TABLE poll_count (
    post_id UUID NOT NULL REFERENCES poll (post_id),
    picks TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL CHECK (n >= 0),
    PRIMARY KEY (post_id, picks)
);
