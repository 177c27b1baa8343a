"""`chorus agent`: a node in the foreground."""

import typer

from chorus.host import CommandHost


def run(ctx: typer.Context) -> None:
    """Run a node: it takes tasks and answers over HTTP until SIGINT or SIGTERM.

    Its log goes to stderr. Where it listens is in api.json in the state dir. SIGHUP reads the settings
    again that may change while it runs.
    """
    from chorus.node import Node

    host: CommandHost = ctx.obj
    host.serving = True
    Node(host).run()
