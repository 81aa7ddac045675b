-- Whoever keeps order in the rooms of a host with him.
CREATE TABLE room_moderator (
    host_id BLOB NOT NULL REFERENCES person (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (host_id, person_id),
    CHECK (host_id <> person_id)
) STRICT;

-- Who takes no part in the rooms of a host.
CREATE TABLE room_ban (
    host_id BLOB NOT NULL REFERENCES person (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    by_id BLOB NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (host_id, person_id),
    CHECK (host_id <> person_id)
) STRICT;

-- What is not said in the rooms of a host: one word a line.
CREATE TABLE room_words (
    host_id BLOB NOT NULL PRIMARY KEY REFERENCES person (id),
    words TEXT NOT NULL
) STRICT;

-- Who may speak; the line that stands on top; whether hands are raised; polls so far.
ALTER TABLE room ADD COLUMN speaks TEXT NOT NULL DEFAULT 'all' CHECK (speaks IN ('all', 'followers', 'buyers'));
ALTER TABLE room ADD COLUMN pinned INTEGER;
ALTER TABLE room ADD COLUMN hands INTEGER NOT NULL DEFAULT 0 CHECK (hands IN (0, 1));
-- What an outside media server calls whoever was let in to send, and the number of his key.
ALTER TABLE room ADD COLUMN sender TEXT;
ALTER TABLE room ADD COLUMN sender_key INTEGER;
ALTER TABLE room ADD COLUMN polls INTEGER NOT NULL DEFAULT 0 CHECK (polls >= 0);

-- More happens in a room; and who took a line away is kept.
CREATE TABLE room_line_wider (
    room_id BLOB NOT NULL REFERENCES room (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    kind TEXT NOT NULL CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash', 'asks', 'asked', 'called')),
    person_id BLOB REFERENCES person (id),
    text TEXT NOT NULL,
    gone_at INTEGER,
    gone_by BLOB REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, seq)
) STRICT;
INSERT INTO room_line_wider (room_id, seq, kind, person_id, text, gone_at, at)
SELECT room_id, seq, kind, person_id, text, gone_at, at FROM room_line;
DROP TABLE room_line;
ALTER TABLE room_line_wider RENAME TO room_line;
CREATE INDEX room_line_at ON room_line (room_id, at, seq);
CREATE INDEX room_line_person ON room_line (room_id, person_id, at);
CREATE INDEX room_line_gone ON room_line (room_id, gone_at) WHERE gone_at IS NOT NULL;

-- What a host asks everybody, numbered from 1.
CREATE TABLE room_poll (
    room_id BLOB NOT NULL REFERENCES room (id),
    number INTEGER NOT NULL CHECK (number > 0),
    question TEXT NOT NULL,
    -- The place of the right option, of a quiz.
    answer INTEGER CHECK (answer > 0),
    opened_at INTEGER NOT NULL,
    closes_at INTEGER NOT NULL CHECK (closes_at > opened_at),
    closed_at INTEGER,
    PRIMARY KEY (room_id, number)
) STRICT;
CREATE UNIQUE INDEX room_poll_open ON room_poll (room_id) WHERE closed_at IS NULL;
CREATE TABLE room_poll_option (
    room_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    place INTEGER NOT NULL CHECK (place > 0),
    text TEXT NOT NULL,
    votes INTEGER NOT NULL DEFAULT 0 CHECK (votes >= 0),
    PRIMARY KEY (room_id, number, place),
    FOREIGN KEY (room_id, number) REFERENCES room_poll (room_id, number)
) STRICT;
CREATE TABLE room_vote (
    room_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, number, person_id),
    FOREIGN KEY (room_id, number, place) REFERENCES room_poll_option (room_id, number, place)
) STRICT;

-- Who wants to speak with the host, and who does now.
CREATE TABLE room_hand (
    room_id BLOB NOT NULL REFERENCES room (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    words TEXT NOT NULL,
    at INTEGER NOT NULL,
    called_at INTEGER,
    PRIMARY KEY (room_id, person_id)
) STRICT;
CREATE INDEX room_hand_queue ON room_hand (room_id, at);
CREATE UNIQUE INDEX room_hand_called ON room_hand (room_id) WHERE called_at IS NOT NULL;

-- Who looked at a room, as nobody can read it: how often he came in, and how long he saw it play, ms.
CREATE TABLE room_visit (
    room_id BLOB NOT NULL REFERENCES room (id),
    viewer BLOB NOT NULL,
    entries INTEGER NOT NULL CHECK (entries >= 0),
    ms INTEGER NOT NULL CHECK (ms >= 0),
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, viewer)
) STRICT;
-- Who wanted to see more of something.
CREATE TABLE room_click (
    room_id BLOB NOT NULL REFERENCES room (id),
    product_id BLOB NOT NULL REFERENCES product (id),
    viewer BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, product_id, viewer)
) STRICT;
-- How many looked, minute by minute.
CREATE TABLE room_moment (
    room_id BLOB NOT NULL REFERENCES room (id),
    at INTEGER NOT NULL,
    viewers INTEGER NOT NULL CHECK (viewers >= 0),
    PRIMARY KEY (room_id, at)
) STRICT;
