-- What somebody agrees to is of three kinds now: people with whom he shopped may find him.
CREATE TABLE consent_wider (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('personal', 'bought', 'known')),
    version INTEGER NOT NULL CHECK (version > 0),
    given_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;
INSERT INTO consent_wider (id, person_id, purpose, version, given_at, withdrawn_at)
    SELECT id, person_id, purpose, version, given_at, withdrawn_at FROM consent;
DROP TABLE consent;
ALTER TABLE consent_wider RENAME TO consent;
CREATE UNIQUE INDEX consent_given ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_person ON consent (person_id, given_at);
CREATE INDEX consent_withdrawn ON consent (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
