"""Ingest: it reads posts from networks and archives, and writes `Post` records to the Kafka topic `posts`.

Doors: `contract` (the format of a post), `source` (the interface of a source), `sources` (the sources by name),
`runner` (runs one source) and `kafka` (the only package that imports the Kafka library).
"""
