"""Processing: Kafka topic `posts` goes in; tagged posts, exact counts, spikes, incidents and alerts come out.

Two loops: `worker` follows Kafka, `watch` follows the clock. Doors: `contract` (what is stored), `queries` (how it is
read) and `explanation` (why a spike is one).
"""
