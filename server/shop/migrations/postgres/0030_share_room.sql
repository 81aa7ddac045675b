-- Rooms are sent by links too.
ALTER TABLE share DROP CONSTRAINT share_kind_check;
ALTER TABLE share ADD CONSTRAINT share_kind_check CHECK (kind IN ('product', 'team', 'post', 'room'));
