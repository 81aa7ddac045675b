-- What should not be there: found, reported, decided, appealed.

-- A post that is held back: seen by its author alone (its visibility is private) until somebody has looked at it, or for good.
ALTER TABLE post ADD COLUMN held TEXT CHECK (held IN ('review', 'removed'));
-- Who sees it when it is let go.
ALTER TABLE post ADD COLUMN wished TEXT CHECK (wished IN ('public', 'followers', 'private'));
-- Taken down: its text is kept with the case, and is empty here.
ALTER TABLE comment ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;

CREATE TABLE moderation_case (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'comment')),
    post_id BLOB NOT NULL REFERENCES post (id),
    comment_id BLOB REFERENCES comment (id),
    -- Whose post or comment it is.
    author_id BLOB NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'decided', 'appealed', 'closed')),
    -- What it said when the case was opened or decided.
    said TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    -- People who have reported it, and why it was caught without them (names, with spaces between).
    reports INTEGER NOT NULL DEFAULT 0 CHECK (reports >= 0),
    -- What is looked at first: a report weighs one, one of what is urgent more.
    weight INTEGER NOT NULL DEFAULT 0,
    caught TEXT NOT NULL,
    decision TEXT CHECK (decision IN ('keep', 'remove', 'moot')),
    reason TEXT,
    note TEXT NOT NULL DEFAULT '',
    decided_by BLOB REFERENCES person (id),
    decided_at INTEGER,
    appeal TEXT,
    appealed_at INTEGER,
    upheld INTEGER,
    judged_note TEXT NOT NULL DEFAULT '',
    judged_by BLOB REFERENCES person (id),
    judged_at INTEGER,
    CHECK ((kind = 'comment') = (comment_id IS NOT NULL)),
    CHECK ((state = 'open') = (decision IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IS NOT NULL AND decision = 'remove') = (reason IS NOT NULL)),
    CHECK ((appeal IS NULL) = (appealed_at IS NULL)),
    CHECK (state <> 'appealed' OR appeal IS NOT NULL),
    CHECK ((state = 'closed') = (judged_at IS NOT NULL)),
    -- Whoever decided does not judge his own decision.
    CHECK (judged_by IS NULL OR judged_by <> decided_by)
) STRICT;
CREATE UNIQUE INDEX moderation_case_open ON moderation_case (COALESCE(comment_id, post_id)) WHERE state = 'open';
CREATE INDEX moderation_case_state ON moderation_case (state, weight, id);
CREATE INDEX moderation_case_opened ON moderation_case (opened_at);
CREATE INDEX moderation_case_appealed ON moderation_case (appealed_at, id) WHERE appealed_at IS NOT NULL;
CREATE INDEX moderation_case_judged ON moderation_case (judged_at) WHERE judged_at IS NOT NULL;
CREATE INDEX moderation_case_author ON moderation_case (author_id, decided_at);
CREATE INDEX moderation_case_of ON moderation_case (post_id, id);
CREATE INDEX moderation_case_decided ON moderation_case (decided_at, id) WHERE decided_at IS NOT NULL;

CREATE TABLE report (
    case_id BLOB NOT NULL REFERENCES moderation_case (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    -- What it said then.
    said TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (case_id, person_id)
) STRICT;
CREATE INDEX report_person ON report (person_id, at);
CREATE INDEX report_at ON report (at);

-- Somebody does not write for a while; without an end, for good.
CREATE TABLE sanction (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES moderation_case (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('day', 'week', 'forever')),
    begins_at INTEGER NOT NULL,
    ends_at INTEGER,
    lifted_at INTEGER,
    CHECK ((kind = 'forever') = (ends_at IS NULL))
) STRICT;
CREATE INDEX sanction_person ON sanction (person_id, begins_at);
CREATE INDEX sanction_begins ON sanction (begins_at);

-- Words that are looked for before something is shown. Every list that was ever in force.
CREATE TABLE word_list (
    kind TEXT NOT NULL CHECK (kind IN ('banned', 'superlative')),
    version INTEGER NOT NULL CHECK (version > 0),
    words TEXT NOT NULL,
    at INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (kind, version)
) STRICT;

-- Whom somebody does not want to see, or to be seen by.
CREATE TABLE aversion (
    person_id BLOB NOT NULL REFERENCES person (id),
    other_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('mute', 'block')),
    at INTEGER NOT NULL,
    PRIMARY KEY (person_id, other_id),
    CHECK (person_id <> other_id)
) STRICT;
CREATE INDEX aversion_other ON aversion (other_id, person_id);

-- What people of the shop did to what others wrote. Each entry carries the hash of the one before.
CREATE TABLE audit (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
-- The last entry: those at the end cannot be cut off unseen.
CREATE TABLE audit_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

-- How much somebody has said today.
CREATE INDEX comment_author_at ON comment (author_id, created_at);

-- What a picture looks like, in 64 bits: those of two that look alike differ in few of them.
ALTER TABLE picture ADD COLUMN print INTEGER;

-- What posts that others see say and show, in 64 bits each, cut into four: two that differ in at most three bits share one of them.
CREATE TABLE post_print (
    kind TEXT NOT NULL CHECK (kind IN ('text', 'picture')),
    band INTEGER NOT NULL CHECK (band BETWEEN 0 AND 3),
    key INTEGER NOT NULL,
    post_id BLOB NOT NULL REFERENCES post (id),
    print INTEGER NOT NULL,
    PRIMARY KEY (kind, band, key, post_id, print)
) STRICT;
CREATE INDEX post_print_post ON post_print (post_id);

-- A change of a post that was refused, so that nothing of it is lost: its author finds it where he wrote it.
CREATE TABLE post_edit (
    post_id BLOB NOT NULL PRIMARY KEY REFERENCES post (id),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    place TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'followers', 'private')),
    sponsored INTEGER NOT NULL,
    -- Slugs, with spaces between them.
    products TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- What is known of somebody who writes.
CREATE INDEX review_person ON review (person_id);
