"""`chorus plugin`: what is installed, what it brings, and why it does not work."""

import typer

from chorus.host import CommandHost
from chorus.plugins import Plugin
from chorus_hooks.errors import NotFound

app = typer.Typer(help="List plugins, and what each one brings.", no_args_is_help=True)


@app.command("list")
def list_plugins(ctx: typer.Context) -> None:
    """List every plugin found, and why any is not in use."""
    host: CommandHost = ctx.obj
    host.registry.everything(host.config)
    plugins = host.plugins.plugins
    document = [
        {"name": p.name, "version": p.version, "origin": p.origin, "status": p.status, "error": p.error}
        for p in plugins
    ]
    width = max((len(p.name) for p in plugins), default=0)
    lines = [
        f"{p.name:<{width}}  {p.status:<8}  {p.origin:<11}  {p.version}  {p.error or ''}".rstrip()
        for p in plugins
    ]
    host.console.result(document, "\n".join(lines))


@app.command()
def info(ctx: typer.Context, name: str) -> None:
    """Show one plugin: its hooks, and what it registered by them."""
    host: CommandHost = ctx.obj
    brings = host.registry.everything(host.config)
    plugin = _find(host, name)
    document = {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "distribution": plugin.distribution,
        "status": plugin.status,
        "error": plugin.error,
        "hooks": list(plugin.hooks),
        **{
            kind: [key for key, entry in entries.items() if entry.plugin == name]
            for kind, entries in brings.items()
        },
    }
    text = [
        f"{key:<13} {', '.join(value) if isinstance(value, list) else value or ''}"
        for key, value in document.items()
    ]
    host.console.result(document, "\n".join(line.rstrip() for line in text))


def _find(host: CommandHost, name: str) -> Plugin:
    for plugin in host.plugins.plugins:
        if plugin.name == name:
            return plugin
    raise NotFound(f"there is no plugin {name!r}", hint="chorus plugin list")
