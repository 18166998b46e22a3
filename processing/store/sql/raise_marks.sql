-- Above every version that is stored: those of before there were marks, or those that a restore has brought.
INSERT INTO version_marks (of, version)
SELECT 'all', max(version)
FROM
(
    SELECT max(version) AS version FROM count_versions
    UNION ALL SELECT max(version) FROM count_hour_versions
    UNION ALL SELECT max(version) FROM count_day_versions
    UNION ALL SELECT max(version) FROM spike_versions
    UNION ALL SELECT max(version) FROM incident_versions
    UNION ALL SELECT max(version) FROM claim_post_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM claim_run_versions
    UNION ALL SELECT max(mark) FROM roll_up_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM source_health_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM watch_progress_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM retention_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM acknowledgement_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM silence_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM annotation_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM saved_query_versions
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(at)))) * 1000 FROM erasures
    UNION ALL SELECT toUInt64(greatest(0, toUnixTimestamp64Milli(max(began_at)))) * 1000 FROM purge_versions
)
