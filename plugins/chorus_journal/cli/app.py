"""The command group `chorus log`."""

import typer

from chorus_journal.cli.export import export
from chorus_journal.cli.peers import peers
from chorus_journal.cli.proof import proof
from chorus_journal.cli.show import show
from chorus_journal.cli.verify import verify

app = typer.Typer(no_args_is_help=True, help="Show, verify and export the node's signed log.")
app.command()(show)
app.command()(verify)
app.command()(proof)
app.command()(export)
app.command()(peers)
