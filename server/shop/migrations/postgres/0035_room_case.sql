-- Live rooms are reported, taken down and put back like what else people show.
ALTER TABLE room ADD COLUMN removed BOOLEAN NOT NULL DEFAULT FALSE CHECK (NOT removed OR state = 'ended');

ALTER TABLE moderation_case ADD COLUMN room_id UUID REFERENCES room (id);
ALTER TABLE moderation_case DROP CONSTRAINT moderation_case_kind_check;
ALTER TABLE moderation_case ADD CONSTRAINT moderation_case_kind_check CHECK (kind IN ('post', 'comment', 'review', 'question', 'answer', 'room'));
ALTER TABLE moderation_case ADD CHECK ((kind = 'room') = (room_id IS NOT NULL));
DROP INDEX moderation_case_open;
CREATE UNIQUE INDEX moderation_case_open ON moderation_case (COALESCE(room_id, ask_id, review_id, comment_id, post_id)) WHERE state = 'open';
DROP INDEX moderation_case_thing;
CREATE INDEX moderation_case_thing ON moderation_case (COALESCE(room_id, ask_id, review_id, comment_id, post_id), id);
