-- Boards: what somebody collected, in an order of his own. A post stands only on boards of people who collected it.
CREATE TABLE board (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    owner_id UUID NOT NULL REFERENCES person (id),
    title TEXT NOT NULL,
    is_public BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (owner_id, title),
    UNIQUE (id, owner_id)
);
CREATE TABLE board_post (
    board_id UUID NOT NULL,
    post_id UUID NOT NULL,
    owner_id UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (board_id, post_id),
    FOREIGN KEY (board_id, owner_id) REFERENCES board (id, owner_id) ON DELETE CASCADE,
    FOREIGN KEY (post_id, owner_id) REFERENCES post_collect (post_id, person_id) ON DELETE CASCADE
);
CREATE INDEX board_post_at ON board_post (board_id, at, post_id);
CREATE INDEX board_post_owner ON board_post (owner_id, post_id);
