SELECT month
FROM (SELECT toYYYYMM(minute) AS month, max(at) AS noted FROM erasures GROUP BY month) AS touched
LEFT JOIN (SELECT month, max(began_at) AS began_at FROM purge_versions GROUP BY month) AS purged USING (month)
-- A note is dated ahead of the moment at which it can be seen.
WHERE touched.noted > purged.began_at - toIntervalSecond({slack:UInt32})
ORDER BY month
