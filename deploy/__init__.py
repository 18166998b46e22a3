"""Deploy: the command `banwatch`. It reads the environment's settings, runs processes and prints answers.

Door: `cli.main`. `commands` holds the subcommands, `processes` the programs of the child processes, and `supervisor`
starts and restarts them. `embedded` holds the broker and the store that need no installation. `terminal` holds the
output for a person.
"""
