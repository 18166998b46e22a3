"""The subcommands of `banwatch`, listed in `deploy.cli`: options go in, a printed answer and a status come out."""
