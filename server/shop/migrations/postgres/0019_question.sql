-- Questions about things, and what those answer who have them.
CREATE TABLE ask (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    product_id UUID NOT NULL REFERENCES product (id),
    -- What it answers; none for a question.
    question_id UUID REFERENCES ask (id),
    person_id UUID NOT NULL REFERENCES person (id),
    text TEXT NOT NULL,
    -- Somebody of the shop answered for it.
    by_shop BOOLEAN NOT NULL,
    -- Those that stand.
    answers BIGINT NOT NULL DEFAULT 0 CHECK (answers >= 0),
    at BIGINT NOT NULL,
    changed_at BIGINT,
    deleted_at BIGINT,
    -- Taken down by moderation: what it says is kept, and shown to nobody.
    removed BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK (question_id IS NULL OR answers = 0)
);
CREATE INDEX ask_product ON ask (product_id, at, id) WHERE question_id IS NULL;
-- What the page of a product shows.
CREATE INDEX ask_best ON ask (product_id, answers, at, id) WHERE question_id IS NULL AND deleted_at IS NULL AND removed = FALSE;
CREATE INDEX ask_answer ON ask (question_id, at, id) WHERE question_id IS NOT NULL;
CREATE UNIQUE INDEX ask_one_answer ON ask (question_id, person_id) WHERE question_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX ask_person ON ask (person_id, at);
-- How often somebody was told of a kind of thing today.
CREATE INDEX notice_kind ON notice (person_id, kind, at);
