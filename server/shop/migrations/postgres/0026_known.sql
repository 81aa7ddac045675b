-- What somebody agrees to is of three kinds now: people with whom he shopped may find him.
ALTER TABLE consent DROP CONSTRAINT consent_purpose_check;
ALTER TABLE consent ADD CONSTRAINT consent_purpose_check CHECK (purpose IN ('personal', 'bought', 'known'));
