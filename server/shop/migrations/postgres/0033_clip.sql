-- What was said of a product in live rooms, and what is kept of a moment of one.
CREATE INDEX room_span_product ON room_span (product_id, from_at);
CREATE INDEX room_segment_at ON room_segment (room_id, at);
