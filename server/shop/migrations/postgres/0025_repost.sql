-- A post that shows another one, with what its author says of it.
ALTER TABLE post ADD COLUMN quotes_id UUID REFERENCES post (id);
CREATE INDEX post_quotes ON post (quotes_id, id) WHERE quotes_id IS NOT NULL;
