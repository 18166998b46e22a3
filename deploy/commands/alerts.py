"""`banwatch alerts`: who is told of what, and what people answer."""

from __future__ import annotations

import typer

from deploy.commands.alert_rules import check
from deploy.commands.alert_test import test
from deploy.commands.conversations import acknowledge, conversations, deliveries, resolve, silence

app = typer.Typer(no_args_is_help=True, help="See who was told of what, and answer: have it in hand, over, be silent.")
app.command("list")(conversations)
app.command()(deliveries)
app.command("ack")(acknowledge)
app.command()(resolve)
app.command()(silence)
app.command()(check)
app.command()(test)
