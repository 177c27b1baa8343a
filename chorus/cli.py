"""The `chorus` command: global options, commands loaded when called, errors in two lines."""

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from typer import _click as click
from typer.core import TyperGroup
from typer.main import get_command as build_command

from chorus import __version__
from chorus.console import TerminalConsole, stdout_told
from chorus.errors import exit_code
from chorus.host import CommandHost
from chorus.plugins import PluginHost, discover
from chorus.registry import Registry
from chorus.settings import PLUGINS_DISABLED
from chorus_hooks.command import Command
from chorus_hooks.errors import ChorusError, UsageError
from chorus_hooks.node import STATE_DIR

CORE_COMMANDS = (
    Command("agent", "chorus.commands.agent:run", "Run a node that takes tasks, until it is stopped"),
    Command("up", "chorus.commands.up:run", "Run nodes of one mesh on this machine"),
    Command("down", "chorus.commands.down:run", "Stop the nodes of `chorus up`"),
    Command("plugin", "chorus.commands.plugin:app", "List plugins, and what each one brings"),
    Command("config", "chorus.commands.config:show", "Show the effective settings and where they come from"),
    Command("id", "chorus.commands.id:show", "Show who this node is"),
    Command("join-token", "chorus.commands.join_token:show", "Print a token by which another node joins"),
    Command("prune", "chorus.commands.prune:run", "Remove what nothing references, after asking"),
    Command("doctor", "chorus.commands.doctor:run", "Check this machine, and say what to do"),
)


READER_GONE = 141
"""128 + SIGPIPE: how a shell sees a program whose reader went away."""


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and help, and imports one only when it is called."""

    commands_by_name: Mapping[str, Command]
    called: Command | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(self.commands_by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and build one command."""
        command = self.commands_by_name.get(cmd_name)
        if command is None:
            return None
        self.called = command
        return load(command, ctx.obj.console if isinstance(ctx.obj, CommandHost) else None)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Whoever read our output may go away, as in `chorus log show | head`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would make it a failure of ours
            raise typer.Exit(READER_GONE) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.commands_by_name[name].help) for name in self.list_commands(ctx)])


def load(command: Command, console: TerminalConsole | None) -> click.Command:
    """Build the command that `target` names, with `--json` on every leaf."""
    module, _, attribute = command.target.partition(":")
    target = getattr(importlib.import_module(module), attribute)
    if not isinstance(target, typer.Typer):
        function, target = target, typer.Typer(add_completion=False)
        target.command(help=None if function.__doc__ else command.help)(function)
    target.rich_markup_mode = None
    target._add_completion = False
    built: click.Command = build_command(target)
    built.name = command.name
    _add_json(built, _json_option(console))
    return built


def _add_json(command: click.Command, option: click.Parameter) -> None:
    for child in getattr(command, "commands", {}).values():
        _add_json(child, option)
    if not hasattr(command, "commands"):
        command.params.append(option)


def _json_option(console: TerminalConsole | None) -> click.Parameter:
    def remember(value: bool) -> bool:
        if console and value:
            console.json = True
        return value

    carrier = typer.Typer(add_completion=False)

    @carrier.command()
    def _(
        json: Annotated[
            bool,
            typer.Option("--json", callback=remember, expose_value=False, help="Print one JSON document"),
        ] = False,
    ) -> None: ...

    return build_command(carrier).params[0]


def root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but results and errors.")] = False,
    verbose: Annotated[int, typer.Option("-v", "--verbose", count=True, help="Say more; twice: all.")] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours (as NO_COLOR does).")] = False,
    state_dir: Annotated[str, typer.Option(help="Where the node's state is (CHORUS_STATE_DIR).")] = "",
) -> None:
    """AI agents and people doing software work together, as equal peers of one mesh."""
    host: CommandHost = ctx.obj
    if version:
        print(f"chorus {__version__}")
        raise typer.Exit
    host.console.quiet = quiet
    host.console.verbosity = max(verbose, host.console.verbosity)
    host.console.color = host.console.color and not no_color
    if state_dir:
        host.overrides[STATE_DIR.name] = state_dir


def build(registry: Registry) -> LazyGroup:
    """The root command with the core's and the plugins' commands."""
    app = typer.Typer(cls=LazyGroup, no_args_is_help=True, rich_markup_mode=None)
    app.callback()(root)
    group = build_command(app)
    assert isinstance(group, LazyGroup)
    mine = {command.name: command for command in CORE_COMMANDS}
    theirs = {name: entry.value for name, entry in registry.commands().items() if name not in mine}
    group.commands_by_name = theirs | mine
    return group


def run(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run one command line; returns the exit code. Every error ends here."""
    disabled = PLUGINS_DISABLED.parse(environment.get(PLUGINS_DISABLED.name, ""))
    registry = Registry(PluginHost(discover(), disabled))
    console = TerminalConsole(environment)
    host = CommandHost(environment, console, registry)
    group = build(registry)
    own = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    try:
        code = group.main(list(arguments), prog_name="chorus", standalone_mode=False, obj=host)
        with stdout_told():
            pass  # what a command printed by itself
    except click.exceptions.NoArgsIsHelpError as error:  # a group without a command
        print(error.format_message(), file=sys.stderr)
        return UsageError.exit_code
    except click.exceptions.ClickException as error:
        console.json = console.json or "--json" in own
        return _tell(_usage(error), console, group)
    except ChorusError as error:
        return _tell(error, console, group)
    except BrokenPipeError:
        return READER_GONE
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        return _tell(_bug(error), console, group)
    return code if isinstance(code, int) else 0


def _tell(error: ChorusError, console: TerminalConsole, group: LazyGroup) -> int:
    if console.verbosity > 1:
        traceback.print_exception(error, file=sys.stderr)
    console.error(error)
    return exit_code(error, group.called.own_failure if group.called else None)


def _usage(error: Any) -> UsageError:
    path = error.ctx.command_path if getattr(error, "ctx", None) else "chorus"
    return UsageError(error.format_message().rstrip("."), hint=f"{path} --help")


def _bug(error: Exception) -> ChorusError:
    told = ChorusError(
        f"internal error: {type(error).__name__}: {error}", hint="-vv shows where; please report it"
    )
    told.__cause__ = error
    return told
