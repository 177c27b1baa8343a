"""The command group `chorus prompts`."""

from typing import Annotated

import msgspec
import typer

from chorus_hooks.command import Host
from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import Config
from chorus_reasoner.library import Prompts, load
from chorus_reasoner.settings import INSTRUCTIONS, PROMPTS_DIR

app = typer.Typer(no_args_is_help=True, help="List, show and check the prompts of roles.")

_CHECK = "`chorus prompts check` tells all of it"


@app.command("list")
def list_(ctx: typer.Context) -> None:
    """List the roles that a goal may be given to."""
    host: Host = ctx.obj
    prompts = _sound(host.config)
    roles = [prompts.roles[id_] for id_ in sorted(prompts.roles)]
    width = max(len(role.id) for role in roles)
    text = "\n".join(f"{role.id:<{width}}  {role.description} ({role.source})" for role in roles)
    host.console.result({"roles": [_document(prompts, role.id) for role in roles]}, text)


@app.command()
def show(ctx: typer.Context, role: Annotated[str, typer.Argument(help="The id of a role.")]) -> None:
    """Print the whole prompt of a role, as a model gets it."""
    host: Host = ctx.obj
    prompts = _sound(host.config)
    whole = prompts.whole(prompts.get(role))
    host.console.result({**_document(prompts, role), "prompt": whole}, whole.rstrip("\n"))


@app.command()
def check(ctx: typer.Context) -> None:
    """Check every prompt file. Exit 1 when something is wrong, with all of it told."""
    host: Host = ctx.obj
    prompts = _load(host.config)
    text = "\n".join(prompts.faults) or f"ok: {len(prompts.roles)} roles, instructions {_from(prompts)}"
    host.console.result(
        {"ok": not prompts.faults, "roles": sorted(prompts.roles), "faults": list(prompts.faults)}, text
    )
    if prompts.faults:
        raise typer.Exit(1)


def _load(config: Config) -> Prompts:
    return load(config[PROMPTS_DIR], config[INSTRUCTIONS])


def _sound(config: Config) -> Prompts:
    prompts = _load(config)
    if prompts.faults:
        raise ConfigError(prompts.faults[0], hint=_CHECK)
    return prompts


def _from(prompts: Prompts) -> str:
    return f"from {prompts.instructions_from}"


def _document(prompts: Prompts, id_: str) -> dict[str, object]:
    role = prompts.get(id_)
    fields = msgspec.structs.asdict(role)
    del fields["system_prompt"]
    return {**fields, "prompt_sha256": prompts.digest(role)}
