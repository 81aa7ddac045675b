-- Group-buy: campaigns, teams, and who has a seat in them.
CREATE TABLE campaign (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    product_id BLOB NOT NULL REFERENCES product (id),
    -- heads: complete when every seat is paid; ladder: the price falls with every step of heads, complete at the deadline; amount: complete when the goods are worth the goal.
    kind TEXT NOT NULL CHECK (kind IN ('heads', 'ladder', 'amount')),
    size INTEGER NOT NULL CHECK (size BETWEEN 2 AND 100),
    -- Minor units.
    goal INTEGER CHECK (goal > 0),
    -- How long a team stays open, ms.
    open_for INTEGER NOT NULL CHECK (open_for > 0),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    -- Units that one person may have in all teams together.
    units_each INTEGER NOT NULL CHECK (units_each BETWEEN 1 AND 99),
    new_shoppers INTEGER NOT NULL,
    -- At the deadline the shop fills the open seats of a team with so many paid ones.
    sponsor_from INTEGER CHECK (sponsor_from BETWEEN 1 AND size - 1),
    -- What the leader gets back of the price when the team is complete, basis points.
    leader_off_bp INTEGER NOT NULL CHECK (leader_off_bp BETWEEN 0 AND 5000),
    -- JSON, of a ladder: from so many heads on, so much off for everybody (basis points).
    steps TEXT NOT NULL,
    stopped_at INTEGER,
    created_at INTEGER NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK ((kind = 'amount') = (goal IS NOT NULL))
) STRICT;
CREATE INDEX campaign_product ON campaign (product_id, ends_at);
CREATE INDEX campaign_ends ON campaign (ends_at, id);

CREATE TABLE campaign_sku (
    campaign_id BLOB NOT NULL REFERENCES campaign (id),
    sku_id BLOB NOT NULL REFERENCES sku (id),
    price INTEGER NOT NULL CHECK (price > 0),
    quota INTEGER NOT NULL CHECK (quota >= 0),
    free INTEGER NOT NULL CHECK (free >= 0),
    held INTEGER NOT NULL CHECK (held >= 0),
    sold INTEGER NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (campaign_id, sku_id),
    CHECK (free + held + sold = quota)
) STRICT;
CREATE INDEX campaign_sku_of ON campaign_sku (sku_id);

-- Units that somebody has in the teams of a campaign.
CREATE TABLE campaign_person (
    campaign_id BLOB NOT NULL REFERENCES campaign (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    units INTEGER NOT NULL CHECK (units >= 0),
    PRIMARY KEY (campaign_id, person_id)
) STRICT;

CREATE TABLE team (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    campaign_id BLOB NOT NULL REFERENCES campaign (id),
    state TEXT NOT NULL CHECK (state IN ('forming', 'succeeded', 'failed', 'cancelled')),
    size INTEGER NOT NULL,
    goal INTEGER,
    -- Held and paid ones.
    seats_taken INTEGER NOT NULL CHECK (seats_taken BETWEEN 0 AND size),
    paid INTEGER NOT NULL CHECK (paid BETWEEN 0 AND seats_taken),
    -- What the paid goods are worth, minor units.
    amount INTEGER NOT NULL CHECK (amount >= 0),
    sponsored INTEGER NOT NULL CHECK (sponsored BETWEEN 0 AND size - paid),
    seats_given INTEGER NOT NULL,
    leader_id BLOB NOT NULL REFERENCES person (id),
    opened_by BLOB NOT NULL REFERENCES person (id),
    opened_at INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((state = 'forming') = (ended_at IS NULL)),
    CHECK (state <> 'succeeded' OR goal IS NOT NULL OR sponsored = 0 OR paid + sponsored = size)
) STRICT;
-- Teams that one can join, the one that ends first.
CREATE INDEX team_forming ON team (campaign_id, deadline, paid, seats_taken, size) WHERE state = 'forming' AND paid > 0;
CREATE INDEX team_opened ON team (opened_by, opened_at);
CREATE INDEX team_campaign ON team (campaign_id, opened_at);

CREATE TABLE team_member (
    order_id BLOB NOT NULL PRIMARY KEY REFERENCES orders (id),
    team_id BLOB NOT NULL REFERENCES team (id),
    campaign_id BLOB NOT NULL REFERENCES campaign (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    sku_id BLOB NOT NULL REFERENCES sku (id),
    units INTEGER NOT NULL CHECK (units > 0),
    -- What the goods are worth, minor units.
    amount INTEGER NOT NULL CHECK (amount > 0),
    seat_no INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'paid', 'confirmed', 'left', 'refund_due', 'refunded')),
    -- What becomes of a payment that comes too late for this seat.
    otherwise TEXT NOT NULL CHECK (otherwise IN ('refund', 'sibling', 'new')),
    held_until INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    paid_at INTEGER,
    -- Once the team is over: when the member was told, and got what goes back.
    settled_at INTEGER,
    UNIQUE (team_id, seat_no)
) STRICT;
CREATE UNIQUE INDEX team_member_one_seat ON team_member (team_id, person_id) WHERE state IN ('held', 'paid', 'confirmed');
CREATE UNIQUE INDEX team_member_one_hold ON team_member (campaign_id, person_id) WHERE state = 'held';
CREATE INDEX team_member_person ON team_member (person_id, joined_at);

-- In campaigns for new shoppers: a device and an address have one seat in a team. SHA-256 of either.
CREATE TABLE team_mark (
    team_id BLOB NOT NULL REFERENCES team (id),
    mark BLOB NOT NULL,
    order_id BLOB NOT NULL REFERENCES orders (id),
    PRIMARY KEY (team_id, mark)
) STRICT;
CREATE INDEX team_mark_order ON team_mark (order_id);

-- The state of the team that an order waits for; none when it was bought alone.
ALTER TABLE orders ADD COLUMN team_state TEXT CHECK (team_state IN ('forming', 'succeeded', 'failed', 'cancelled'));
CREATE INDEX orders_forming ON orders (person_id, created_at, id) WHERE team_state = 'forming';
