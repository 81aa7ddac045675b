-- Whoever keeps order in the rooms of a host with him.
CREATE TABLE room_moderator (
    host_id UUID NOT NULL REFERENCES person (id),
    person_id UUID NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (host_id, person_id),
    CHECK (host_id <> person_id)
);

-- Who takes no part in the rooms of a host.
CREATE TABLE room_ban (
    host_id UUID NOT NULL REFERENCES person (id),
    person_id UUID NOT NULL REFERENCES person (id),
    by_id UUID NOT NULL REFERENCES person (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (host_id, person_id),
    CHECK (host_id <> person_id)
);

-- What is not said in the rooms of a host: one word a line.
CREATE TABLE room_words (
    host_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    words TEXT NOT NULL
);

-- Who may speak; the line that stands on top; whether hands are raised; polls so far.
ALTER TABLE room ADD COLUMN speaks TEXT NOT NULL DEFAULT 'all' CHECK (speaks IN ('all', 'followers', 'buyers'));
ALTER TABLE room ADD COLUMN pinned BIGINT;
ALTER TABLE room ADD COLUMN hands BOOLEAN NOT NULL DEFAULT FALSE;
-- What an outside media server calls whoever was let in to send, and the number of his key.
ALTER TABLE room ADD COLUMN sender TEXT;
ALTER TABLE room ADD COLUMN sender_key BIGINT;
ALTER TABLE room ADD COLUMN polls BIGINT NOT NULL DEFAULT 0 CHECK (polls >= 0);

-- More happens in a room; and who took a line away is kept.
ALTER TABLE room_line DROP CONSTRAINT room_line_kind_check;
ALTER TABLE room_line ADD CONSTRAINT room_line_kind_check CHECK (kind IN ('said', 'explains', 'begun', 'paused', 'ended', 'opens', 'drawn', 'flash', 'asks', 'asked', 'called'));
ALTER TABLE room_line ADD COLUMN gone_by UUID REFERENCES person (id);

-- What a host asks everybody, numbered from 1.
CREATE TABLE room_poll (
    room_id UUID NOT NULL REFERENCES room (id),
    number BIGINT NOT NULL CHECK (number > 0),
    question TEXT NOT NULL,
    -- The place of the right option, of a quiz.
    answer BIGINT CHECK (answer > 0),
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL CHECK (closes_at > opened_at),
    closed_at BIGINT,
    PRIMARY KEY (room_id, number)
);
CREATE UNIQUE INDEX room_poll_open ON room_poll (room_id) WHERE closed_at IS NULL;
CREATE TABLE room_poll_option (
    room_id UUID NOT NULL,
    number BIGINT NOT NULL,
    place BIGINT NOT NULL CHECK (place > 0),
    text TEXT NOT NULL,
    votes BIGINT NOT NULL DEFAULT 0 CHECK (votes >= 0),
    PRIMARY KEY (room_id, number, place),
    FOREIGN KEY (room_id, number) REFERENCES room_poll (room_id, number)
);
CREATE TABLE room_vote (
    room_id UUID NOT NULL,
    number BIGINT NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    place BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, number, person_id),
    FOREIGN KEY (room_id, number, place) REFERENCES room_poll_option (room_id, number, place)
);

-- Who wants to speak with the host, and who does now.
CREATE TABLE room_hand (
    room_id UUID NOT NULL REFERENCES room (id),
    person_id UUID NOT NULL REFERENCES person (id),
    words TEXT NOT NULL,
    at BIGINT NOT NULL,
    called_at BIGINT,
    PRIMARY KEY (room_id, person_id)
);
CREATE INDEX room_hand_queue ON room_hand (room_id, at);
CREATE UNIQUE INDEX room_hand_called ON room_hand (room_id) WHERE called_at IS NOT NULL;

-- Who looked at a room, as nobody can read it: how often he came in, and how long he saw it play, ms.
CREATE TABLE room_visit (
    room_id UUID NOT NULL REFERENCES room (id),
    viewer UUID NOT NULL,
    entries BIGINT NOT NULL CHECK (entries >= 0),
    ms BIGINT NOT NULL CHECK (ms >= 0),
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, viewer)
);
-- Who wanted to see more of something.
CREATE TABLE room_click (
    room_id UUID NOT NULL REFERENCES room (id),
    product_id UUID NOT NULL REFERENCES product (id),
    viewer UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room_id, product_id, viewer)
);
-- How many looked, minute by minute.
CREATE TABLE room_moment (
    room_id UUID NOT NULL REFERENCES room (id),
    at BIGINT NOT NULL,
    viewers BIGINT NOT NULL CHECK (viewers >= 0),
    PRIMARY KEY (room_id, at)
);
