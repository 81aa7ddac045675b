-- What was said of a product in live rooms, and what is kept of a moment of one.
CREATE INDEX room_span_product ON room_span (product_id, from_at);
CREATE INDEX room_segment_at ON room_segment (room_id, at);
-- Places in the bag so far: that of something taken out is nothing else's, for links lead to it.
ALTER TABLE room ADD COLUMN places BIGINT NOT NULL DEFAULT 0;
UPDATE room SET places = COALESCE((SELECT MAX(i.place) FROM room_item i WHERE i.room_id = room.id), 0);
