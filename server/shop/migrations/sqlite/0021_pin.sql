-- The post that stands first on its author's page.
ALTER TABLE post ADD COLUMN pinned_at INTEGER;
CREATE UNIQUE INDEX post_pinned ON post (author_id) WHERE pinned_at IS NOT NULL;
