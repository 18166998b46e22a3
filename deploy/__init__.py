"""Deploy: the command `banwatch`. Settings of the environment go in; running processes and printed answers come out.

Door: `cli.main`. `commands` are the subcommands, `processes` what each child process runs, `supervisor` what starts and
restarts them, `embedded` the broker and the store that need no installation, and `terminal` what a person sees.
"""
