-- After-sales: exchanges, price protection, pictures.
ALTER TABLE after_sale DROP CONSTRAINT after_sale_kind_check;
ALTER TABLE after_sale ADD CONSTRAINT after_sale_kind_check CHECK (kind IN ('cancel', 'refund', 'return', 'exchange', 'price_drop'));
ALTER TABLE after_sale DROP CONSTRAINT after_sale_state_check;
ALTER TABLE after_sale ADD CONSTRAINT after_sale_state_check
    CHECK (state IN ('open', 'returning', 'sent', 'rejected', 'escalated', 'replacing', 'replaced', 'refunding', 'refunded', 'closed'));
ALTER TABLE after_sale DROP CONSTRAINT after_sale_check;
ALTER TABLE after_sale ADD CONSTRAINT after_sale_check
    CHECK ((deadline IS NULL) = (state IN ('escalated', 'replaced', 'refunding', 'refunded', 'closed')));
DROP INDEX after_sale_open;
CREATE INDEX after_sale_open ON after_sale (opened_at, id) WHERE state IN ('open', 'sent', 'escalated', 'replacing');

-- What is sent instead, in an exchange.
ALTER TABLE after_sale_line ADD COLUMN sku_id UUID REFERENCES sku (id);
-- Pictures of a case, each beside the message that it came with.
CREATE TABLE after_sale_picture (
    case_id UUID NOT NULL REFERENCES after_sale (id),
    ordinal BIGINT NOT NULL CHECK (ordinal BETWEEN 1 AND 9),
    message BIGINT NOT NULL,
    picture_id UUID NOT NULL REFERENCES picture (id),
    PRIMARY KEY (case_id, ordinal)
);
CREATE INDEX after_sale_picture_of ON after_sale_picture (picture_id);
-- What went back of each unit because its price fell: minor units.
ALTER TABLE order_line ADD COLUMN price_back BIGINT NOT NULL DEFAULT 0 CHECK (price_back BETWEEN 0 AND unit_price);

-- Where letters go, for people who want some.
ALTER TABLE person ADD COLUMN email TEXT;
ALTER TABLE person ADD COLUMN email_lang TEXT CHECK (email_lang IN ('zh-Hans', 'zh-Hant', 'en'));
-- Letters that were sent, or wait for it.
CREATE TABLE letter (
    id UUID NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    lang TEXT NOT NULL CHECK (lang IN ('zh-Hans', 'zh-Hant', 'en')),
    -- What it tells: a key of the locale files (notice_<kind>).
    kind TEXT NOT NULL,
    order_id UUID NOT NULL REFERENCES orders (id),
    case_code TEXT,
    amount BIGINT,
    at BIGINT NOT NULL,
    sent_at BIGINT
);
