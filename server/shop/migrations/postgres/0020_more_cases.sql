-- Reviews, questions and answers are reported, taken down and put back like what else people say.
ALTER TABLE review ADD COLUMN removed BOOLEAN NOT NULL DEFAULT FALSE;
-- When what it says or shows was changed last.
ALTER TABLE review ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE review SET changed_at = GREATEST(created_at, COALESCE(follow_up_at, 0), COALESCE((SELECT MAX(v.at) FROM review_version v WHERE v.review_id = review.id), 0));

ALTER TABLE moderation_case ADD COLUMN review_id UUID REFERENCES review (id);
-- A question or an answer.
ALTER TABLE moderation_case ADD COLUMN ask_id UUID REFERENCES ask (id);
ALTER TABLE moderation_case ALTER COLUMN post_id DROP NOT NULL;
ALTER TABLE moderation_case DROP CONSTRAINT moderation_case_kind_check;
ALTER TABLE moderation_case ADD CHECK (kind IN ('post', 'comment', 'review', 'question', 'answer'));
ALTER TABLE moderation_case ADD CHECK ((kind = 'review') = (review_id IS NOT NULL));
ALTER TABLE moderation_case ADD CHECK ((kind IN ('question', 'answer')) = (ask_id IS NOT NULL));
ALTER TABLE moderation_case ADD CHECK ((kind IN ('post', 'comment')) = (post_id IS NOT NULL));
DROP INDEX moderation_case_open;
CREATE UNIQUE INDEX moderation_case_open ON moderation_case (COALESCE(ask_id, review_id, comment_id, post_id)) WHERE state = 'open';
CREATE INDEX moderation_case_thing ON moderation_case (COALESCE(ask_id, review_id, comment_id, post_id), id);
CREATE INDEX moderation_case_ask ON moderation_case (ask_id, id) WHERE ask_id IS NOT NULL;
CREATE INDEX moderation_case_review ON moderation_case (review_id, id) WHERE review_id IS NOT NULL;
