-- Shipments: parcels of one merchant, each with what is in it and where it was seen.
CREATE TABLE shipment (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    order_id UUID NOT NULL REFERENCES orders (id),
    merchant_id UUID NOT NULL REFERENCES merchant (id),
    carrier TEXT NOT NULL CHECK (carrier IN ('simulated')),
    tracking TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('shipped', 'delivered')),
    shipped_at BIGINT NOT NULL,
    delivered_at BIGINT,
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
CREATE INDEX shipment_order ON shipment (order_id, shipped_at);

CREATE TABLE shipment_line (
    shipment_id UUID NOT NULL REFERENCES shipment (id),
    -- The position of the line in its order.
    position BIGINT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, position)
);

CREATE TABLE shipment_event (
    shipment_id UUID NOT NULL REFERENCES shipment (id),
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (shipment_id, ordinal)
);

-- Units of a line that have left, and when an order was received and completed.
ALTER TABLE order_line ADD COLUMN shipped BIGINT NOT NULL DEFAULT 0 CHECK (shipped BETWEEN 0 AND quantity);
ALTER TABLE orders ADD COLUMN received_at BIGINT;
ALTER TABLE orders ADD COLUMN completed_at BIGINT;
CREATE INDEX orders_to_ship ON orders (paid_at, id) WHERE state IN ('paid', 'fulfilling');
