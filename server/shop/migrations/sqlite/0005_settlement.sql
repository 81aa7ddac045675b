-- What each merchant got of a completed order, and what the platform kept.
CREATE TABLE settlement (
    order_id BLOB NOT NULL REFERENCES orders (id),
    merchant_id BLOB NOT NULL REFERENCES merchant (id),
    currency TEXT NOT NULL,
    -- Goods and delivery as paid, what went back, the fee and what is owed: minor units.
    earned INTEGER NOT NULL CHECK (earned >= 0),
    refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND earned),
    fee_bp INTEGER NOT NULL CHECK (fee_bp BETWEEN 0 AND 10000),
    fee INTEGER NOT NULL CHECK (fee >= 0),
    net INTEGER NOT NULL CHECK (net >= 0),
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, merchant_id),
    CHECK (earned = refunded + fee + net)
) STRICT;
CREATE INDEX settlement_merchant ON settlement (merchant_id, at, order_id);

-- Money on its way to people stands in accounts of their own.
UPDATE ledger_entry SET account = (
    SELECT 'person:' || LOWER(SUBSTR(HEX(o.person_id), 1, 8) || '-' || SUBSTR(HEX(o.person_id), 9, 4) || '-' || SUBSTR(HEX(o.person_id), 13, 4) || '-' || SUBSTR(HEX(o.person_id), 17, 4) || '-' || SUBSTR(HEX(o.person_id), 21)) FROM ledger_transaction t
    LEFT JOIN refund r ON t.kind IN ('refund', 'refund_agreed') AND r.id = t.source_id
    JOIN payment p ON p.id = COALESCE(r.payment_id, t.source_id)
    JOIN orders o ON o.id = p.order_id
    WHERE t.id = ledger_entry.transaction_id
) WHERE account = 'refunds_due';

-- What an account stands at: the sum of its rows here is the sum of its entries.
CREATE TABLE ledger_balance (
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    slot INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (account, currency, slot)
) STRICT;
INSERT INTO ledger_balance (account, currency, slot, amount)
SELECT account, currency, 0, SUM(amount) FROM ledger_entry GROUP BY account, currency;
-- Entries lie beside those of their transaction: half the pages to write, and whole transactions are read in one go.
CREATE TABLE ledger_entry_clustered (
    transaction_id BLOB NOT NULL REFERENCES ledger_transaction (id),
    position INTEGER NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (transaction_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry_clustered SELECT transaction_id, position, account, currency, amount FROM ledger_entry;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_clustered RENAME TO ledger_entry;
CREATE INDEX ledger_entry_account ON ledger_entry (account, currency, amount);
CREATE INDEX refund_due ON refund (payment_id) WHERE state = 'due';
