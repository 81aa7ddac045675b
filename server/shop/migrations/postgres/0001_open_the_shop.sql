-- Accounts -------------------------------------------------------------------------------------------------
CREATE TABLE person (
    id UUID NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('shopper', 'creator', 'host', 'moderator', 'staff', 'admin')),
    totp_secret BYTEA,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    banned_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE TABLE session (
    id UUID NOT NULL PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    person_id UUID REFERENCES person (id),
    visitor_id UUID NOT NULL,
    agent TEXT NOT NULL,
    second_factor BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person_id, seen_at);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE address (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    format TEXT NOT NULL CHECK (format IN ('CN', 'TW', 'HK', 'generic')),
    recipient TEXT NOT NULL,
    phone TEXT NOT NULL,
    province TEXT NOT NULL,
    city TEXT NOT NULL,
    district TEXT NOT NULL,
    line TEXT NOT NULL,
    postcode TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX address_person ON address (person_id, created_at);

-- Catalogue ------------------------------------------------------------------------------------------------
CREATE TABLE merchant (
    id UUID NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE merchant_text (
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    lang TEXT NOT NULL CHECK (lang IN ('zh-Hans', 'zh-Hant', 'en')),
    name TEXT NOT NULL,
    intro TEXT NOT NULL,
    PRIMARY KEY (merchant_id, lang)
);

CREATE TABLE category (
    id UUID NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    parent_id UUID REFERENCES category (id),
    position BIGINT NOT NULL,
    hue BIGINT NOT NULL CHECK (hue BETWEEN 0 AND 359)
);

CREATE TABLE category_text (
    category_id UUID NOT NULL REFERENCES category (id),
    lang TEXT NOT NULL CHECK (lang IN ('zh-Hans', 'zh-Hant', 'en')),
    name TEXT NOT NULL,
    PRIMARY KEY (category_id, lang)
);

CREATE TABLE product (
    id UUID NOT NULL PRIMARY KEY,
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    category_id UUID NOT NULL REFERENCES category (id),
    slug TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('draft', 'on', 'off')),
    currency TEXT NOT NULL CHECK (currency IN ('CNY', 'TWD', 'HKD', 'USD', 'EUR', 'JPY')),
    video TEXT,
    sold BIGINT NOT NULL DEFAULT 0 CHECK (sold >= 0),
    published_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX product_merchant ON product (merchant_id, id);
CREATE INDEX product_updated ON product (updated_at, id);

CREATE TABLE product_text (
    product_id UUID NOT NULL REFERENCES product (id),
    lang TEXT NOT NULL CHECK (lang IN ('zh-Hans', 'zh-Hant', 'en')),
    title TEXT NOT NULL,
    subtitle TEXT NOT NULL,
    detail TEXT NOT NULL,
    -- False where the text still stands in another language, until somebody translates it.
    translated BOOLEAN NOT NULL,
    PRIMARY KEY (product_id, lang)
);

CREATE TABLE sku (
    id UUID NOT NULL PRIMARY KEY,
    product_id UUID NOT NULL REFERENCES product (id),
    code TEXT NOT NULL,
    -- JSON array: for each option of the product the position of its value.
    choice TEXT NOT NULL,
    position BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    compare_at BIGINT CHECK (compare_at >= 0),
    group_price BIGINT CHECK (group_price >= 0),
    weight_g BIGINT NOT NULL CHECK (weight_g >= 0),
    received BIGINT NOT NULL CHECK (received >= 0),
    on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
    held BIGINT NOT NULL CHECK (held >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0),
    UNIQUE (product_id, choice),
    CHECK (held <= on_hand),
    CHECK (on_hand = received - sold)
);

CREATE TABLE price_history (
    sku_id UUID NOT NULL REFERENCES sku (id),
    at BIGINT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    PRIMARY KEY (sku_id, at)
);

CREATE TABLE picture (
    id UUID NOT NULL PRIMARY KEY,
    product_id UUID REFERENCES product (id),
    category_id UUID REFERENCES category (id),
    position BIGINT NOT NULL,
    -- JSON: a scene that the shop draws itself, or the name of a stored file.
    source TEXT NOT NULL,
    width BIGINT NOT NULL CHECK (width > 0),
    height BIGINT NOT NULL CHECK (height > 0),
    placeholder TEXT NOT NULL
);
CREATE UNIQUE INDEX picture_product ON picture (product_id, position);
CREATE UNIQUE INDEX picture_category ON picture (category_id, position);

-- One row for each list that a sold product stands in: the whole shop (a nil scope), its category and what is above.
CREATE TABLE listing (
    scope UUID NOT NULL,
    product_id UUID NOT NULL REFERENCES product (id),
    hot BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    price_min BIGINT NOT NULL,
    price_max BIGINT NOT NULL,
    -- What the price may be said to be reduced from, and until when.
    compare_at BIGINT,
    compare_until BIGINT NOT NULL,
    PRIMARY KEY (scope, product_id)
);
CREATE INDEX listing_hot ON listing (scope, hot, product_id);
CREATE INDEX listing_new ON listing (scope, published_at, product_id);
CREATE INDEX listing_sold ON listing (scope, sold, product_id);
CREATE INDEX listing_price ON listing (scope, price_min, product_id);
CREATE INDEX listing_product ON listing (product_id);

-- Cart -----------------------------------------------------------------------------------------------------
CREATE TABLE cart_line (
    -- The person, or the visitor as long as nobody has logged in.
    owner_id UUID NOT NULL,
    sku_id UUID NOT NULL REFERENCES sku (id),
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
    price_seen BIGINT NOT NULL CHECK (price_seen >= 0),
    added_at BIGINT NOT NULL,
    PRIMARY KEY (owner_id, sku_id)
);

-- Orders ---------------------------------------------------------------------------------------------------
CREATE TABLE orders (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    person_id UUID NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('awaiting_payment', 'paid', 'fulfilling', 'shipped', 'delivered', 'completed', 'cancelled', 'refunded')),
    currency TEXT NOT NULL,
    goods BIGINT NOT NULL CHECK (goods >= 0),
    shipping BIGINT NOT NULL CHECK (shipping >= 0),
    discount BIGINT NOT NULL CHECK (discount >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    -- JSON: one parcel per merchant, as priced.
    parcels TEXT NOT NULL,
    -- JSON: the address as it was.
    address TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('standard', 'express')),
    note TEXT NOT NULL,
    hold_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT,
    closed_at BIGINT,
    CHECK (total = goods + shipping - discount),
    CHECK ((state = 'awaiting_payment' OR state = 'cancelled') = (paid_at IS NULL))
);
CREATE INDEX orders_person ON orders (person_id, created_at, id);
CREATE INDEX orders_awaiting ON orders (hold_until) WHERE state = 'awaiting_payment';

CREATE TABLE order_line (
    order_id UUID NOT NULL REFERENCES orders (id),
    position BIGINT NOT NULL,
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    sku_id UUID NOT NULL REFERENCES sku (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    -- JSON: titles, choice, merchant and picture as they were.
    snapshot TEXT NOT NULL,
    -- held: reserved until hold_until; sold: paid; released: given back.
    stock TEXT NOT NULL CHECK (stock IN ('held', 'sold', 'released')),
    PRIMARY KEY (order_id, position)
);
CREATE INDEX order_line_sku ON order_line (sku_id, stock);

CREATE TABLE order_event (
    order_id UUID NOT NULL REFERENCES orders (id),
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT,
    at BIGINT NOT NULL,
    PRIMARY KEY (order_id, ordinal)
);

CREATE TABLE idempotency (
    owner_id UUID NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner_id, scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Payment --------------------------------------------------------------------------------------------------
CREATE TABLE payment (
    id UUID NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES orders (id),
    provider TEXT NOT NULL CHECK (provider IN ('sandbox')),
    provider_ref TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('created', 'captured', 'failed', 'refund_due', 'refunded')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    captured_at BIGINT
);
CREATE INDEX payment_order ON payment (order_id);
CREATE UNIQUE INDEX payment_one_capture ON payment (order_id) WHERE state = 'captured';

CREATE TABLE refund (
    id UUID NOT NULL PRIMARY KEY,
    payment_id UUID NOT NULL REFERENCES payment (id),
    idempotency_key TEXT NOT NULL UNIQUE,
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('due', 'done')),
    created_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX refund_payment ON refund (payment_id);

CREATE TABLE webhook_inbox (
    provider TEXT NOT NULL,
    event_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (provider, event_id)
);

-- The sandbox provider's own books: what it knows of a payment, and the callbacks it owes us.
CREATE TABLE sandbox_payment (
    provider_ref TEXT NOT NULL PRIMARY KEY,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'failed', 'refunded')),
    created_at BIGINT NOT NULL
);

-- Ledger ---------------------------------------------------------------------------------------------------
CREATE TABLE ledger_transaction (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    source_id UUID NOT NULL,
    at BIGINT NOT NULL,
    UNIQUE (kind, source_id)
);

CREATE TABLE ledger_entry (
    transaction_id UUID NOT NULL REFERENCES ledger_transaction (id),
    position BIGINT NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (transaction_id, position)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account, currency);

-- Jobs -----------------------------------------------------------------------------------------------------
CREATE TABLE job (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- One job for one thing: a second request for it changes nothing.
    dedup_key TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'dead')),
    run_at BIGINT NOT NULL,
    lease_until BIGINT,
    attempts BIGINT NOT NULL,
    last_error TEXT
);
CREATE INDEX job_due ON job (run_at) WHERE state <> 'dead';
