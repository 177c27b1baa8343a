"""The arguments that several commands on tasks have."""

from typing import Annotated, TypeAlias

import typer

_HELP = "The id, or the first digits of it."

TaskId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help=_HELP)]
TaskIds: TypeAlias = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, or their first digits.")]
Wait: TypeAlias = Annotated[
    bool, typer.Option("--wait", help="Wait until it has ended: 0 when it succeeded, else 1.")
]
Follow: TypeAlias = Annotated[
    bool, typer.Option("-f", "--follow", help="As --wait, and pass on what it prints.")
]
