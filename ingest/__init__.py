"""Ingest: it reads posts from networks and archives, and writes `Post` records to the Kafka topic `posts`.

Doors: `contract` defines a post, `source` defines the interface of a source, `sources` lists the sources, and `runner`
runs one source. `kafka` is the only package that imports the Kafka library.
"""
