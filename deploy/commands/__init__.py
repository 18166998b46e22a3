"""The subcommands of `banwatch`, which `deploy.cli` lists.

A subcommand takes options, prints an answer and sets a status.
"""
