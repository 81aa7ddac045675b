-- Boards: what somebody collected, in an order of his own. A post stands only on boards of people who collected it.
CREATE TABLE board (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    owner_id BLOB NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    is_public INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (owner_id, title),
    UNIQUE (id, owner_id)
) STRICT;
CREATE TABLE board_post (
    board_id BLOB NOT NULL,
    post_id BLOB NOT NULL,
    owner_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (board_id, post_id),
    FOREIGN KEY (board_id, owner_id) REFERENCES board (id, owner_id) ON DELETE CASCADE,
    FOREIGN KEY (post_id, owner_id) REFERENCES post_collect (post_id, person_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX board_post_at ON board_post (board_id, at, post_id);
CREATE INDEX board_post_owner ON board_post (owner_id, post_id);
