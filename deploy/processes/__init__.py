"""Each process of banwatch: what it is made of, and how it ends.

A process ends by itself on SIGTERM and SIGINT, at the next safe place. What it cannot handle ends it with a
sentence and a status that the supervisor and systemd understand. Each has a file of its own, so that none loads what
only another needs.
"""
