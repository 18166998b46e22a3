-- What these columns hold has changed since their comments were written.

ALTER TABLE incident_versions
    COMMENT COLUMN score 'of the leading spike',
    COMMENT COLUMN severity 'of the leading spike; of its voices alone where more than half of its posts are copies',
    COMMENT COLUMN languages 'languages that belong to the surge, the largest first; a spike of their own is not needed';

ALTER TABLE silence_versions
    COMMENT COLUMN topic 'topic that it silences, with the topics below it; * is every topic';
