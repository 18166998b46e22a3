"""The demo archive: a synthetic reconstruction of 24 June to 13 July 2020, generated from a scenario and a seed.

The events and their hours are history; every sentence, author and address is invented. The source of every post begins
with `ingest.contract.SYNTHETIC_PREFIX`. The doors are `deploy.demo.generate` (the posts) and `deploy.demo.truth` (the
surges planted among them).
"""
