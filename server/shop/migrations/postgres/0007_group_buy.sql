-- Group-buy: campaigns, teams, and who has a seat in them.
CREATE TABLE campaign (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    product_id UUID NOT NULL REFERENCES product (id),
    -- heads: complete when every seat is paid; ladder: the price falls with every step of heads, complete at the deadline; amount: complete when the goods are worth the goal.
    kind TEXT NOT NULL CHECK (kind IN ('heads', 'ladder', 'amount')),
    size BIGINT NOT NULL CHECK (size BETWEEN 2 AND 100),
    -- Minor units.
    goal BIGINT CHECK (goal > 0),
    -- How long a team stays open, ms.
    open_for BIGINT NOT NULL CHECK (open_for > 0),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    -- Units that one person may have in all teams together.
    units_each BIGINT NOT NULL CHECK (units_each BETWEEN 1 AND 99),
    new_shoppers BOOLEAN NOT NULL,
    -- At the deadline the shop fills the open seats of a team with so many paid ones.
    sponsor_from BIGINT CHECK (sponsor_from BETWEEN 1 AND size - 1),
    -- What the leader gets back of the price when the team is complete, basis points.
    leader_off_bp BIGINT NOT NULL CHECK (leader_off_bp BETWEEN 0 AND 5000),
    -- JSON, of a ladder: from so many heads on, so much off for everybody (basis points).
    steps TEXT NOT NULL,
    stopped_at BIGINT,
    created_at BIGINT NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK ((kind = 'amount') = (goal IS NOT NULL))
);
CREATE INDEX campaign_product ON campaign (product_id, ends_at);
CREATE INDEX campaign_ends ON campaign (ends_at, id);

CREATE TABLE campaign_sku (
    campaign_id UUID NOT NULL REFERENCES campaign (id),
    sku_id UUID NOT NULL REFERENCES sku (id),
    price BIGINT NOT NULL CHECK (price > 0),
    quota BIGINT NOT NULL CHECK (quota >= 0),
    free BIGINT NOT NULL CHECK (free >= 0),
    held BIGINT NOT NULL CHECK (held >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (campaign_id, sku_id),
    CHECK (free + held + sold = quota)
);
CREATE INDEX campaign_sku_of ON campaign_sku (sku_id);

-- Units that somebody has in the teams of a campaign.
CREATE TABLE campaign_person (
    campaign_id UUID NOT NULL REFERENCES campaign (id),
    person_id UUID NOT NULL REFERENCES person (id),
    units BIGINT NOT NULL CHECK (units >= 0),
    PRIMARY KEY (campaign_id, person_id)
);

CREATE TABLE team (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    campaign_id UUID NOT NULL REFERENCES campaign (id),
    state TEXT NOT NULL CHECK (state IN ('forming', 'succeeded', 'failed', 'cancelled')),
    size BIGINT NOT NULL,
    goal BIGINT,
    -- Held and paid ones.
    seats_taken BIGINT NOT NULL CHECK (seats_taken BETWEEN 0 AND size),
    paid BIGINT NOT NULL CHECK (paid BETWEEN 0 AND seats_taken),
    -- What the paid goods are worth, minor units.
    amount BIGINT NOT NULL CHECK (amount >= 0),
    sponsored BIGINT NOT NULL CHECK (sponsored BETWEEN 0 AND size - paid),
    seats_given BIGINT NOT NULL,
    leader_id UUID NOT NULL REFERENCES person (id),
    opened_by UUID NOT NULL REFERENCES person (id),
    opened_at BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    ended_at BIGINT,
    CHECK ((state = 'forming') = (ended_at IS NULL)),
    CHECK (state <> 'succeeded' OR goal IS NOT NULL OR sponsored = 0 OR paid + sponsored = size)
);
-- Teams that one can join, the one that ends first.
CREATE INDEX team_forming ON team (campaign_id, deadline, paid, seats_taken, size) WHERE state = 'forming' AND paid > 0;
CREATE INDEX team_opened ON team (opened_by, opened_at);
CREATE INDEX team_campaign ON team (campaign_id, opened_at);

CREATE TABLE team_member (
    order_id UUID NOT NULL PRIMARY KEY REFERENCES orders (id),
    team_id UUID NOT NULL REFERENCES team (id),
    campaign_id UUID NOT NULL REFERENCES campaign (id),
    person_id UUID NOT NULL REFERENCES person (id),
    sku_id UUID NOT NULL REFERENCES sku (id),
    units BIGINT NOT NULL CHECK (units > 0),
    -- What the goods are worth, minor units.
    amount BIGINT NOT NULL CHECK (amount > 0),
    seat_no BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'paid', 'confirmed', 'left', 'refund_due', 'refunded')),
    -- What becomes of a payment that comes too late for this seat.
    otherwise TEXT NOT NULL CHECK (otherwise IN ('refund', 'sibling', 'new')),
    held_until BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    paid_at BIGINT,
    -- Once the team is over: when the member was told, and got what goes back.
    settled_at BIGINT,
    UNIQUE (team_id, seat_no)
);
CREATE UNIQUE INDEX team_member_one_seat ON team_member (team_id, person_id) WHERE state IN ('held', 'paid', 'confirmed');
CREATE UNIQUE INDEX team_member_one_hold ON team_member (campaign_id, person_id) WHERE state = 'held';
CREATE INDEX team_member_person ON team_member (person_id, joined_at);

-- In campaigns for new shoppers: a device and an address have one seat in a team. SHA-256 of either.
CREATE TABLE team_mark (
    team_id UUID NOT NULL REFERENCES team (id),
    mark BYTEA NOT NULL,
    order_id UUID NOT NULL REFERENCES orders (id),
    PRIMARY KEY (team_id, mark)
);
CREATE INDEX team_mark_order ON team_mark (order_id);

-- The state of the team that an order waits for; none when it was bought alone.
ALTER TABLE orders ADD COLUMN team_state TEXT CHECK (team_state IN ('forming', 'succeeded', 'failed', 'cancelled'));
CREATE INDEX orders_forming ON orders (person_id, created_at, id) WHERE team_state = 'forming';
