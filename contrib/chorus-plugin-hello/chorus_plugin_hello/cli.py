"""`chorus hello`."""

import typer

from chorus_hooks.command import Host
from chorus_hooks.service import Capabilities
from chorus_plugin_hello.greeter import Greeter


def hello(ctx: typer.Context) -> None:
    """Greet whoever CHORUS_HELLO_NAME names."""
    host: Host = ctx.obj

    async def ask(capabilities: Capabilities) -> str:
        return capabilities.get(Greeter).greet()

    greeting = host.run(ask, requires=(Greeter,))
    host.console.result({"greeting": greeting}, greeting)
