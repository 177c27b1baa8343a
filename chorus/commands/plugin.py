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
    _register_everything(host)
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
    brings = _register_everything(host)
    plugin = _find(host, name)
    document = {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "distribution": plugin.distribution,
        "status": plugin.status,
        "error": plugin.error,
        "hooks": list(plugin.hooks),
        **{kind: [key for key, owner in owners.items() if owner == name] for kind, owners in brings.items()},
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


def _register_everything(host: CommandHost) -> dict[str, dict[str, str]]:
    """Call every register hook, so that a plugin that fails in one is seen to fail."""
    registry = host.registry
    kinds = {
        "settings": registry.settings(),
        "commands": registry.commands(),
        "services": registry.services(host.config),
        "sandboxes": registry.sandboxes(host.config),
        "remotes": registry.remotes(host.config),
        "routes": registry.routes(host.config),
        "checks": registry.checks(host.config),
        "metrics": registry.metrics(host.config),
        "sweepers": registry.sweepers(host.config),
    }
    return {kind: {name: entry.plugin for name, entry in entries.items()} for kind, entries in kinds.items()}
