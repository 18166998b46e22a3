-- An incident is a conversation with each channel that a rule names. What was decided is kept apart from what came of
-- it: a decision is written before anything is sent, and every attempt is written down, so that a kill loses nothing.

CREATE TABLE notification_versions
(
    key String COMMENT 'conversation, channel and number: the same over all attempts to send it',
    conversation String COMMENT 'id of the incident; source:NAME or channel:NAME where it is about one of these',
    channel LowCardinality(String) COMMENT 'channel of the rules file; empty where no rule matches',
    number UInt32 COMMENT 'counts the decisions of a conversation at a channel, from 1',
    rule LowCardinality(String) COMMENT 'rule that names the channel',
    state LowCardinality(String) COMMENT 'of the conversation from here on: pending, firing, recovering or resolved',
    step LowCardinality(String) COMMENT 'what is sent: opened, grew, repeated, acknowledged, resolved and so on; empty where nothing is',
    growth Array(LowCardinality(String)) COMMENT 'what has grown: severity, language, pulse',
    reason LowCardinality(String) COMMENT 'the branch of the decision, such as opened, silenced, no_route',
    severity LowCardinality(String) COMMENT 'of the incident as the channel knows it after this; empty before anything was said',
    languages Array(LowCardinality(String)) COMMENT 'likewise',
    peak Float64 COMMENT 'posts above the expectation in its highest bin, likewise',
    pulse DateTime('UTC') COMMENT 'start of the pulse that holds that bin, likewise',
    last_pulse DateTime('UTC') COMMENT 'start of its newest pulse, likewise',
    told_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the time of the decision on the last message, up to this one',
    acknowledgement Nullable(DateTime64(3, 'UTC')) COMMENT 'time of the newest acknowledgement that was heeded',
    acknowledged Bool COMMENT 'whether that acknowledgement holds messages back',
    due DateTime64(3, 'UTC') COMMENT 'when it is to be sent; where nothing is, when the message before it is',
    bundle String COMMENT 'what is due with one name for one channel is sent as one digest; empty if it goes alone',
    at DateTime64(3, 'UTC') COMMENT 'the time of the decision, by the watch''s clock'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (conversation, channel, number)
COMMENT 'every decision on telling a channel of something';

CREATE VIEW notifications AS
SELECT * FROM notification_versions FINAL
COMMENT 'what was decided on telling people: one row a change';

DROP TABLE deliveries;

CREATE TABLE delivery_versions
(
    key String COMMENT 'of the notification',
    conversation String COMMENT 'id of the incident, or what else it is about',
    channel LowCardinality(String) COMMENT 'channel',
    step LowCardinality(String) COMMENT 'what was to be told',
    attempt UInt32 COMMENT 'counts from 1; 0 where nothing was tried',
    reason LowCardinality(String)
        COMMENT 'sent, retry, rate_limited, timeout, auth, refused, gave_up; trying while under way; or why nothing was tried: no_route, silenced, quiet, digest, budget and so on',
    latency Float64 COMMENT 'seconds that the attempt took',
    message String COMMENT 'key of the message it went in: its own, or that of a digest',
    pause Float64 COMMENT 'seconds from then on until it is tried again; 0 where it is not',
    message_id String COMMENT 'the channel''s id of the message',
    detail String COMMENT 'what the channel answered, without secrets',
    at DateTime64(3, 'UTC') COMMENT 'when, by the clock of the machine'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (key, attempt)
COMMENT 'every version of every attempt';

CREATE VIEW deliveries AS
SELECT * FROM delivery_versions FINAL
COMMENT 'the proof of what was told: one row an attempt, and one for each notification that was held back';

ALTER TABLE acknowledgement_versions
    ADD COLUMN action LowCardinality(String) DEFAULT 'acknowledge' COMMENT 'acknowledge, or resolve where a person ended it';

DROP VIEW acknowledgements;

CREATE VIEW acknowledgements AS
SELECT * FROM acknowledgement_versions FINAL
COMMENT 'incidents somebody has taken on';

ALTER TABLE silence_versions
    ADD COLUMN languages Array(LowCardinality(String)) COMMENT 'only incidents that are in no other language; empty is every one',
    ADD COLUMN sources Array(LowCardinality(String)) COMMENT 'only incidents that are from no other source; empty is every one',
    ADD COLUMN severity LowCardinality(String) DEFAULT '' COMMENT 'only incidents of no higher severity; empty is every one',
    ADD COLUMN channel LowCardinality(String) DEFAULT '' COMMENT 'only at this channel; empty is every one';

DROP VIEW silences;

CREATE VIEW silences AS
SELECT * FROM silence_versions FINAL
COMMENT 'times during which incidents are recorded and not told';
