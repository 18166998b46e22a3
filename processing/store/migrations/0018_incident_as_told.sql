-- A replay is faster than the channels: when a message is made, its incident has gone on. It is told as it was decided.

ALTER TABLE notification_versions
    ADD COLUMN incident String COMMENT 'the incident as it was then, as JSON; empty where nothing is sent' AFTER bundle;

DROP VIEW notifications;

CREATE VIEW notifications AS
SELECT * FROM notification_versions FINAL
COMMENT 'what was decided on telling people: one row a change';
