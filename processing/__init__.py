"""Processing: it reads the Kafka topic `posts`, and produces tagged posts, exact counts, spikes, incidents and alerts.

Two loops: `worker` follows Kafka, and `watch` follows event time. Doors: `contract` (the stored types), `queries`
(reads of the store) and `explanation` (the causes of a spike).
"""
