-- Live rooms are reported, taken down and put back like what else people show.
ALTER TABLE room ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1) AND (removed = 0 OR state = 'ended'));

CREATE TABLE moderation_case_wider (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('post', 'comment', 'review', 'question', 'answer', 'room')),
    post_id BLOB REFERENCES post (id),
    comment_id BLOB REFERENCES comment (id),
    review_id BLOB REFERENCES review (id),
    -- A question or an answer.
    ask_id BLOB REFERENCES ask (id),
    room_id BLOB REFERENCES room (id),
    -- Whose it is.
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
    CHECK ((kind = 'review') = (review_id IS NOT NULL)),
    CHECK ((kind IN ('question', 'answer')) = (ask_id IS NOT NULL)),
    CHECK ((kind IN ('post', 'comment')) = (post_id IS NOT NULL)),
    CHECK ((kind = 'room') = (room_id IS NOT NULL)),
    CHECK ((state = 'open') = (decision IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IS NOT NULL AND decision = 'remove') = (reason IS NOT NULL)),
    CHECK ((appeal IS NULL) = (appealed_at IS NULL)),
    CHECK (state <> 'appealed' OR appeal IS NOT NULL),
    CHECK ((state = 'closed') = (judged_at IS NOT NULL)),
    -- Whoever decided does not judge his own decision.
    CHECK (judged_by IS NULL OR judged_by <> decided_by)
) STRICT;
INSERT INTO moderation_case_wider (id, code, kind, post_id, comment_id, review_id, ask_id, author_id, state, said, opened_at, reports, weight, caught, decision, reason, note, decided_by, decided_at, appeal, appealed_at, upheld, judged_note, judged_by, judged_at)
SELECT id, code, kind, post_id, comment_id, review_id, ask_id, author_id, state, said, opened_at, reports, weight, caught, decision, reason, note, decided_by, decided_at, appeal, appealed_at, upheld, judged_note, judged_by, judged_at FROM moderation_case;

CREATE TABLE report_wider (
    case_id BLOB NOT NULL REFERENCES moderation_case_wider (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    -- What it said then.
    said TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (case_id, person_id)
) STRICT;
INSERT INTO report_wider (case_id, person_id, reason, text, said, at) SELECT case_id, person_id, reason, text, said, at FROM report;

CREATE TABLE sanction_wider (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES moderation_case_wider (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('day', 'week', 'forever')),
    begins_at INTEGER NOT NULL,
    ends_at INTEGER,
    lifted_at INTEGER,
    CHECK ((kind = 'forever') = (ends_at IS NULL))
) STRICT;
INSERT INTO sanction_wider (case_id, person_id, kind, begins_at, ends_at, lifted_at)
SELECT case_id, person_id, kind, begins_at, ends_at, lifted_at FROM sanction;

DROP TABLE sanction;
DROP TABLE report;
DROP TABLE moderation_case;
ALTER TABLE moderation_case_wider RENAME TO moderation_case;
ALTER TABLE report_wider RENAME TO report;
ALTER TABLE sanction_wider RENAME TO sanction;
CREATE UNIQUE INDEX moderation_case_open ON moderation_case (COALESCE(room_id, ask_id, review_id, comment_id, post_id)) WHERE state = 'open';
CREATE INDEX moderation_case_state ON moderation_case (state, weight, id);
CREATE INDEX moderation_case_opened ON moderation_case (opened_at);
CREATE INDEX moderation_case_appealed ON moderation_case (appealed_at, id) WHERE appealed_at IS NOT NULL;
CREATE INDEX moderation_case_judged ON moderation_case (judged_at) WHERE judged_at IS NOT NULL;
CREATE INDEX moderation_case_author ON moderation_case (author_id, decided_at);
CREATE INDEX moderation_case_of ON moderation_case (post_id, id);
CREATE INDEX moderation_case_decided ON moderation_case (decided_at, id) WHERE decided_at IS NOT NULL;
CREATE INDEX moderation_case_thing ON moderation_case (COALESCE(room_id, ask_id, review_id, comment_id, post_id), id);
CREATE INDEX moderation_case_ask ON moderation_case (ask_id, id) WHERE ask_id IS NOT NULL;
CREATE INDEX moderation_case_review ON moderation_case (review_id, id) WHERE review_id IS NOT NULL;
CREATE INDEX report_person ON report (person_id, at);
CREATE INDEX report_at ON report (at);
CREATE INDEX sanction_person ON sanction (person_id, begins_at);
CREATE INDEX sanction_begins ON sanction (begins_at);
