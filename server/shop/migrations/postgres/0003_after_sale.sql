-- After-sales: a case of one merchant's things in one order, what was said in it, and the money that it gives back.
CREATE TABLE after_sale (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    order_id UUID NOT NULL REFERENCES orders (id),
    person_id UUID NOT NULL REFERENCES person (id),
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    kind TEXT NOT NULL CHECK (kind IN ('cancel', 'refund', 'return')),
    state TEXT NOT NULL CHECK (state IN ('open', 'returning', 'sent', 'rejected', 'escalated', 'refunding', 'refunded', 'closed')),
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    -- When silence decides; none while a platform or a provider is asked.
    deadline BIGINT,
    CHECK ((deadline IS NULL) = (state IN ('escalated', 'refunding', 'refunded', 'closed')))
);
CREATE INDEX after_sale_order ON after_sale (order_id, opened_at);
CREATE INDEX after_sale_open ON after_sale (opened_at, id) WHERE state IN ('open', 'sent', 'escalated');

CREATE TABLE after_sale_line (
    case_id UUID NOT NULL REFERENCES after_sale (id),
    -- The position of the line in its order.
    position BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (case_id, position)
);

CREATE TABLE after_sale_message (
    case_id UUID NOT NULL REFERENCES after_sale (id),
    ordinal BIGINT NOT NULL,
    author TEXT NOT NULL CHECK (author IN ('buyer', 'shop', 'system')),
    -- What happened (a key of the locale files), or 'said'.
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (case_id, ordinal)
);

-- Units of a line in cases: not sent yet (withdrawn) or sent (claimed), and those that went back on the shelf.
ALTER TABLE order_line ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0 CHECK (withdrawn >= 0 AND shipped + withdrawn <= quantity);
ALTER TABLE order_line ADD COLUMN claimed BIGINT NOT NULL DEFAULT 0 CHECK (claimed BETWEEN 0 AND shipped);
ALTER TABLE order_line ADD COLUMN restocked BIGINT NOT NULL DEFAULT 0 CHECK (restocked BETWEEN 0 AND withdrawn);
-- What of a payment was given back or is on its way: minor units.
ALTER TABLE payment ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount);
UPDATE payment SET refunded = amount WHERE state IN ('refund_due', 'refunded');
ALTER TABLE refund ADD COLUMN case_id UUID REFERENCES after_sale (id);
CREATE UNIQUE INDEX refund_case ON refund (case_id);

-- The sandbox provider's own books of what it gave back; the same key is given back once.
CREATE TABLE sandbox_refund (
    refund_key TEXT NOT NULL PRIMARY KEY,
    provider_ref TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    created_at BIGINT NOT NULL
);
ALTER TABLE sandbox_payment ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount);
UPDATE sandbox_payment SET refunded = amount WHERE state = 'refunded';
