"""The real commands of `chorus`, to check command lines that pages show. Nothing is run."""

from functools import cache
from typing import Any

import typer

from chorus.cli import build
from chorus.plugins import OWN_DISTRIBUTION, PluginHost, discover
from chorus.registry import Registry

ELSEWHERE = {"hello"}
"""Commands of plugins that the pages show and that are not built in."""


@cache
def tree() -> Any:
    return build(Registry(PluginHost(point for point in discover() if point[1] == OWN_DISTRIBUTION)))


def fault(arguments: list[str], *, whole: bool = True) -> str:
    """Why `chorus ARGUMENTS` is no command line; empty when it is one.

    With `whole` false only what is there is checked: the names of commands and of options.
    """
    command, path = tree(), "chorus"
    while True:
        context = typer.Context(command, info_name=path)
        if not whole:
            unknown = [word for word in flags(arguments) if word not in options(command)]
            if unknown and not hasattr(command, "commands_by_name") and not hasattr(command, "commands"):
                return f"{path}: no option {unknown[0]}"
        try:
            values, rest, _ = command.make_parser(context).parse_args(list(arguments))
        except Exception as error:  # click's own family of usage errors
            return "" if not whole else f"{path}: {error}"
        if not hasattr(command, "list_commands"):
            return _fault_of_leaf(command, path, values, rest) if whole else ""
        if not rest or rest[0] in ELSEWHERE or rest[0].isupper():  # NAME stands for any
            return ""
        child = command.get_command(context, rest[0])
        if child is None:
            return f"{path}: no command {rest[0]}"
        command, path, arguments = child, f"{path} {rest[0]}", rest[1:]


def flags(arguments: list[str]) -> list[str]:
    """The options among the arguments, up to `--`, without their values."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return [word.partition("=")[0] for word in own if word.startswith("-") and len(word) > 1]


def options(command: Any) -> set[str]:
    context = typer.Context(command, info_name="chorus")
    return {name for parameter in command.get_params(context) for name in parameter.opts}


def _fault_of_leaf(command: Any, path: str, values: dict[str, Any], rest: list[str]) -> str:
    if rest:
        return f"{path}: one argument too many: {rest[0]}"
    if values.get("help"):
        return ""
    missing = [p.name for p in command.params if p.required and values.get(p.name) in (None, (), [])]
    return f"{path}: no {missing[0]}" if missing else ""
