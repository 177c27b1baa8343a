"""The pages of the commands, walked from the real command tree."""

from collections.abc import Iterator
from typing import Any

import typer

from chorus.cli import build, load
from chorus.registry import Registry
from contrib.reference.markdown import code, page, prose, quoted, table

LEAD = """\
`chorus COMMAND --help` shows the same. Results go to stdout and everything else to stderr; with `--json` a
result is one JSON document ([forms](json-output.md)). The exit codes are [here](errors.md). An option of
`chorus` itself stands before the command's name, `--` before a command line that is passed on."""


def command_pages(registry: Registry) -> dict[str, str]:
    """The overview and one page for each command, by file name."""
    root = build(registry)
    context = typer.Context(root, info_name="chorus")
    loaded = {name: load(root.commands_by_name[name], None) for name in root.list_commands(context)}
    rows = [(f"[`chorus {name}`](commands/{name}.md)", root.commands_by_name[name].help) for name in loaded]
    overview = page("Commands", LEAD, table(("command", "does"), rows), "## Options", options(root, context))
    pages = {"commands.md": overview}
    for name, command in loaded.items():
        own_failure = root.commands_by_name[name].own_failure
        pages[f"commands/{name}.md"] = page(
            f"`chorus {name}`", _codes(own_failure), "\n\n".join(sections(command, f"chorus {name}"))
        )
    return pages


def sections(command: Any, path: str, depth: int = 2) -> Iterator[str]:
    """What a command is for, and its parameters; then the same of each command in it."""
    context = typer.Context(command, info_name=path)
    yield prose(command.help)
    children = getattr(command, "commands", {})
    if not children:
        yield code(" ".join([path, *command.collect_usage_pieces(context)]), "text")
        yield options(command, context)
    for name, child in children.items():
        yield f"{'#' * depth} `{path} {name}`"
        yield from sections(child, f"{path} {name}", depth + 1)


def options(command: Any, context: typer.Context) -> str:
    """The table of arguments and options, in the order of the help; `--help` is everywhere, and left out."""
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [(quoted(record[0]), record[1]) for record in records if record and record[0] != "--help"]
    return table(("parameter", ""), rows)


def _codes(own_failure: int | None) -> str:
    if own_failure is None:
        return ""
    return f"The exit code is that of the command that it runs; {own_failure} is everything of CHORUS's own."
