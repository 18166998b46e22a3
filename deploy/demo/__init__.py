"""The demo archive: a synthetic reconstruction of 24 June to 13 July 2020, written by a seeded scenario.

The events and their hours are history; every sentence, author and address is invented. Every post says so:
its source begins with `ingest.contract.SYNTHETIC_PREFIX`. The doors are `deploy.demo.generate` (the posts) and
`deploy.demo.truth` (the surges planted in them).
"""
