-- How high an incident was when it was told: one that comes back far higher is told again.

ALTER TABLE deliveries
    ADD COLUMN peak Float64 DEFAULT inf
        COMMENT 'posts above the expectation in the highest bin that it had then; inf where that was not written down',
    ADD COLUMN pulse DateTime('UTC') DEFAULT toDateTime(0, 'UTC')
        COMMENT 'start of the pulse that holds that bin',
    COMMENT COLUMN decision
        'why it was told or not: first, grew, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent; retry, to be tried again; failed for good; or withheld where it was not told';
