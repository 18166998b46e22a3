-- banwatch tells of its own troubles in the same conversations and steps as of surges.

ALTER TABLE notification_versions
    ADD COLUMN trouble String COMMENT 'the trouble of banwatch itself as it was then, as JSON; empty where it is about an incident' AFTER incident,
    COMMENT COLUMN conversation 'id of the incident; AREA:SUBJECT, such as disk:default, where it is about a trouble of banwatch itself',
    COMMENT COLUMN severity 'of the incident as the channel knows it after this; empty before anything was said; warning or critical of a trouble';

-- A silent source and a failing channel had steps of their own, and no trouble: what is still to be told needs one.
ALTER TABLE notification_versions
    UPDATE
        step = if(step = 'data_back', 'resolved', 'opened'),
        reason = if(step = 'data_back', 'resolved', 'opened'),
        trouble = concat(
            '{"name":"', if(step = 'channel_failed', 'channel', 'silent'),
            '","severity":"warning","since":"', formatDateTime(at, '%Y-%m-%dT%H:%i:%SZ', 'UTC'),
            '","subject":', toJSONString(substring(conversation, position(conversation, ':') + 1)), '}')
    WHERE step IN ('no_data', 'data_back', 'channel_failed')
    SETTINGS mutations_sync = 2;

ALTER TABLE delivery_versions
    UPDATE step = if(step = 'data_back', 'resolved', 'opened') WHERE step IN ('no_data', 'data_back', 'channel_failed')
    SETTINGS mutations_sync = 2;

DROP VIEW notifications;

CREATE VIEW notifications AS
SELECT * FROM notification_versions FINAL
COMMENT 'what was decided on telling people: one row a change';
