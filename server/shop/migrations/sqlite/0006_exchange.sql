-- After-sales: exchanges, price protection, pictures. A CHECK is only changed by making the table anew.
CREATE TABLE after_sale_wider (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    order_id BLOB NOT NULL REFERENCES orders (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    merchant_id BLOB NOT NULL REFERENCES merchant (id),
    kind TEXT NOT NULL CHECK (kind IN ('cancel', 'refund', 'return', 'exchange', 'price_drop')),
    state TEXT NOT NULL CHECK (state IN ('open', 'returning', 'sent', 'rejected', 'escalated', 'replacing', 'replaced', 'refunding', 'refunded', 'closed')),
    reason TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    -- When silence decides; none while a platform or a provider is asked.
    deadline INTEGER,
    CHECK ((deadline IS NULL) = (state IN ('escalated', 'replaced', 'refunding', 'refunded', 'closed')))
) STRICT;
INSERT INTO after_sale_wider SELECT id, code, order_id, person_id, merchant_id, kind, state, reason, amount, currency, opened_at, deadline FROM after_sale;
DROP TABLE after_sale;
ALTER TABLE after_sale_wider RENAME TO after_sale;
CREATE INDEX after_sale_order ON after_sale (order_id, opened_at);
CREATE INDEX after_sale_open ON after_sale (opened_at, id) WHERE state IN ('open', 'sent', 'escalated', 'replacing');

-- What is sent instead, in an exchange.
ALTER TABLE after_sale_line ADD COLUMN sku_id BLOB REFERENCES sku (id);
-- Pictures of a case, each beside the message that it came with.
CREATE TABLE after_sale_picture (
    case_id BLOB NOT NULL REFERENCES after_sale (id),
    ordinal INTEGER NOT NULL CHECK (ordinal BETWEEN 1 AND 9),
    message INTEGER NOT NULL,
    picture_id BLOB NOT NULL REFERENCES picture (id),
    PRIMARY KEY (case_id, ordinal)
) STRICT;
CREATE INDEX after_sale_picture_of ON after_sale_picture (picture_id);
-- What went back of each unit because its price fell: minor units.
ALTER TABLE order_line ADD COLUMN price_back INTEGER NOT NULL DEFAULT 0 CHECK (price_back BETWEEN 0 AND unit_price);

-- Where letters go, for people who want some.
ALTER TABLE person ADD COLUMN email TEXT;
ALTER TABLE person ADD COLUMN email_lang TEXT CHECK (email_lang IN ('zh-Hans', 'zh-Hant', 'en'));
-- Letters that were sent, or wait for it.
CREATE TABLE letter (
    id BLOB NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    lang TEXT NOT NULL CHECK (lang IN ('zh-Hans', 'zh-Hant', 'en')),
    -- What it tells: a key of the locale files (notice_<kind>).
    kind TEXT NOT NULL,
    order_id BLOB NOT NULL REFERENCES orders (id),
    case_code TEXT,
    amount INTEGER,
    at INTEGER NOT NULL,
    sent_at INTEGER
) STRICT;
