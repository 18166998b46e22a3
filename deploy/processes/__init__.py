"""The processes of banwatch: the parts that each is built from, and how it ends.

A process ends on SIGTERM and SIGINT, at the next safe place. An error that it cannot handle ends it with a sentence and
an exit status that the supervisor and systemd understand. Each process has a file of its own, so no process loads the
libraries of another.
"""
