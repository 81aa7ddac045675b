-- The post that stands first on somebody's page.
ALTER TABLE author ADD COLUMN pinned_id BLOB REFERENCES post (id);
CREATE INDEX author_pinned ON author (pinned_id) WHERE pinned_id IS NOT NULL;
