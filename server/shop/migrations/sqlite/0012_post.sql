-- Posts: what people show each other.
CREATE TABLE post (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    author_id BLOB NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'deleted')),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    place TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'followers', 'private')),
    sponsored INTEGER NOT NULL,
    -- Grows with every text that was shown to others.
    version INTEGER NOT NULL CHECK (version >= 0),
    created_at INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    published_at INTEGER,
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0),
    collects INTEGER NOT NULL DEFAULT 0 CHECK (collects >= 0),
    comments INTEGER NOT NULL DEFAULT 0 CHECK (comments >= 0),
    CHECK (state = 'deleted' OR (state = 'draft') = (published_at IS NULL)),
    CHECK ((version = 0) = (published_at IS NULL))
) STRICT;
CREATE INDEX post_public ON post (published_at, id) WHERE state = 'published' AND visibility = 'public';
CREATE INDEX post_author ON post (author_id, state, published_at, id);

CREATE TABLE post_version (
    post_id BLOB NOT NULL REFERENCES post (id),
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Who could read it.
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'followers', 'private')),
    at INTEGER NOT NULL,
    PRIMARY KEY (post_id, version)
) STRICT;

CREATE TABLE post_picture (
    post_id BLOB NOT NULL REFERENCES post (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    picture_id BLOB NOT NULL REFERENCES picture (id),
    PRIMARY KEY (post_id, position)
) STRICT;
CREATE INDEX post_picture_of ON post_picture (picture_id);

CREATE TABLE post_product (
    post_id BLOB NOT NULL REFERENCES post (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    product_id BLOB NOT NULL REFERENCES product (id),
    -- Whether its author had bought it then.
    bought INTEGER NOT NULL,
    PRIMARY KEY (post_id, product_id)
) STRICT;
CREATE INDEX post_product_of ON post_product (product_id, post_id);

CREATE TABLE topic (
    id BLOB NOT NULL PRIMARY KEY,
    -- Lower case.
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Public posts that name it.
    posts INTEGER NOT NULL CHECK (posts >= 0)
) STRICT;
CREATE INDEX topic_posts ON topic (posts, id);

-- Of posts that are published for everybody.
CREATE TABLE post_topic (
    topic_id BLOB NOT NULL REFERENCES topic (id),
    post_id BLOB NOT NULL REFERENCES post (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (post_id, topic_id)
) STRICT;
CREATE INDEX post_topic_list ON post_topic (topic_id, at, post_id);

CREATE TABLE post_like (
    post_id BLOB NOT NULL REFERENCES post (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (post_id, person_id)
) STRICT;

CREATE TABLE post_collect (
    post_id BLOB NOT NULL REFERENCES post (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (post_id, person_id)
) STRICT;
CREATE INDEX post_collect_person ON post_collect (person_id, at, post_id);

-- What people say below a post; an answer has the comment that it answers, which is none itself.
CREATE TABLE comment (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    post_id BLOB NOT NULL REFERENCES post (id),
    parent_id BLOB REFERENCES comment (id),
    author_id BLOB NOT NULL REFERENCES person (id),
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER,
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0),
    -- What was deleted says nothing any more.
    CHECK ((deleted_at IS NOT NULL) = (text = ''))
) STRICT;
CREATE INDEX comment_new ON comment (post_id, id) WHERE parent_id IS NULL;
CREATE INDEX comment_hot ON comment (post_id, likes, id) WHERE parent_id IS NULL;
CREATE INDEX comment_author ON comment (author_id, post_id, id);
CREATE INDEX comment_reply ON comment (parent_id, id) WHERE parent_id IS NOT NULL;

CREATE TABLE comment_like (
    comment_id BLOB NOT NULL REFERENCES comment (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (comment_id, person_id)
) STRICT;

CREATE TABLE follow (
    follower_id BLOB NOT NULL REFERENCES person (id),
    followed_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (follower_id, followed_id),
    CHECK (follower_id <> followed_id)
) STRICT;
CREATE INDEX follow_followed ON follow (followed_id, at, follower_id);

-- What somebody's page counts. A row comes with the first thing to count.
CREATE TABLE author (
    person_id BLOB NOT NULL PRIMARY KEY REFERENCES person (id),
    -- Published ones that are for everybody, and their likes.
    posts INTEGER NOT NULL DEFAULT 0 CHECK (posts >= 0),
    followers INTEGER NOT NULL DEFAULT 0 CHECK (followers >= 0),
    following INTEGER NOT NULL DEFAULT 0 CHECK (following >= 0),
    likes INTEGER NOT NULL DEFAULT 0 CHECK (likes >= 0)
) STRICT;

-- What a notice is about when it is about no order, and who did it last; all of them are in notice_actor.
ALTER TABLE notice ADD COLUMN post_code TEXT;
ALTER TABLE notice ADD COLUMN actor_id BLOB REFERENCES person (id);
CREATE INDEX notice_post ON notice (person_id, kind, COALESCE(post_code, '')) WHERE actor_id IS NOT NULL AND read_at IS NULL;

CREATE TABLE notice_actor (
    notice_id BLOB NOT NULL REFERENCES notice (id),
    actor_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (notice_id, actor_id)
) STRICT;
