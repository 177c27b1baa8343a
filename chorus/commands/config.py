"""`chorus config`: the effective settings and their origin."""

import typer

from chorus.host import CommandHost


def show(ctx: typer.Context) -> None:
    """Show every setting, its value and where that comes from. Secrets are masked."""
    host: CommandHost = ctx.obj
    values = sorted(host.config.values.values(), key=lambda value: value.setting.name)
    document = [
        {
            "name": v.setting.name,
            "value": v.shown(),
            "origin": v.origin,
            "secret": v.setting.secret,
            "help": v.setting.help,
        }
        for v in values
    ]
    width = max(len(v.setting.name) for v in values)
    shown = max(len(v.shown()) for v in values)
    text = "\n".join(f"{v.setting.name:<{width}}  {v.shown():<{shown}}  {v.origin}".rstrip() for v in values)
    host.console.result(document, text)
