"""Ingest: posts of the networks, and of archives, go in; `Post` records in Kafka topic `posts` come out.

Doors: `contract` (what a post is), `source` (what a source yields), `sources` (the sources by name), `runner` (runs
one) and `kafka` (the only package that imports the client of Kafka).
"""
