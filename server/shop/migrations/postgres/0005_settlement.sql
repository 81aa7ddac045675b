-- What each merchant got of a completed order, and what the platform kept.
CREATE TABLE settlement (
    order_id uuid NOT NULL REFERENCES orders (id),
    merchant_id uuid NOT NULL REFERENCES merchant (id),
    currency TEXT NOT NULL,
    -- Goods and delivery as paid, what went back, the fee and what is owed: minor units.
    earned BIGINT NOT NULL CHECK (earned >= 0),
    refunded BIGINT NOT NULL CHECK (refunded BETWEEN 0 AND earned),
    fee_bp BIGINT NOT NULL CHECK (fee_bp BETWEEN 0 AND 10000),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    net BIGINT NOT NULL CHECK (net >= 0),
    at BIGINT NOT NULL,
    PRIMARY KEY (order_id, merchant_id),
    CHECK (earned = refunded + fee + net)
);
CREATE INDEX settlement_merchant ON settlement (merchant_id, at, order_id);

-- Money on its way to people stands in accounts of their own.
UPDATE ledger_entry SET account = (
    SELECT 'person:' || o.person_id FROM ledger_transaction t
    LEFT JOIN refund r ON t.kind IN ('refund', 'refund_agreed') AND r.id = t.source_id
    JOIN payment p ON p.id = COALESCE(r.payment_id, t.source_id)
    JOIN orders o ON o.id = p.order_id
    WHERE t.id = ledger_entry.transaction_id
) WHERE account = 'refunds_due';

-- What an account stands at: the sum of its rows here is the sum of its entries.
CREATE TABLE ledger_balance (
    -- In the order of bytes, whatever the language of the database: kinds of accounts are ranges of names.
    account TEXT COLLATE "C" NOT NULL,
    currency TEXT NOT NULL,
    slot BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (account, currency, slot)
);
INSERT INTO ledger_balance (account, currency, slot, amount)
SELECT account, currency, 0, SUM(amount) FROM ledger_entry GROUP BY account, currency;
DROP INDEX ledger_entry_account;
ALTER TABLE ledger_entry ALTER COLUMN account TYPE TEXT COLLATE "C";
CREATE INDEX ledger_entry_account ON ledger_entry (account, currency, amount);
CREATE INDEX refund_due ON refund (payment_id) WHERE state = 'due';
