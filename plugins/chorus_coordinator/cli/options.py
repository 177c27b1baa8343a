"""The options of `chorus run`."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Command: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="CMD...", help="The command.")]
Source: TypeAlias = Annotated[Path | None, typer.Option(metavar="DIR", help="Work on a copy of DIR.")]
Out: TypeAlias = Annotated[Path | None, typer.Option(metavar="DIR", help="Write the artifacts to DIR.")]
Verify: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="CMD", help="Decides success, in a fresh sandbox. Repeatable.")
]
Protect: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Files put back as they were before verify. Repeatable."),
]
Image: TypeAlias = Annotated[str | None, typer.Option(help="The container image, where images are used.")]
Language: TypeAlias = Annotated[str, typer.Option(help="The language, when it is not to be detected.")]
Sandbox: TypeAlias = Annotated[
    str | None, typer.Option(metavar="docker|bwrap", help="Run there or not at all.")
]
Timeout: TypeAlias = Annotated[str | None, typer.Option(metavar="TIME", help="Time limit: 90, 15s, 2m.")]
Memory: TypeAlias = Annotated[str | None, typer.Option(metavar="SIZE", help="Memory limit: 768m, 2g.")]
Cpus: TypeAlias = Annotated[float | None, typer.Option(metavar="N", help="How many cpus.")]
Pids: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="How many processes.")]
Disk: TypeAlias = Annotated[str | None, typer.Option(metavar="SIZE", help="How much may be written.")]
MaxOutput: TypeAlias = Annotated[str | None, typer.Option(metavar="SIZE", help="How much may be printed.")]
Variables: TypeAlias = Annotated[
    list[str] | None, typer.Option("-e", "--env", metavar="K[=V]", help="A variable. Repeatable.")
]
VariableFiles: TypeAlias = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="Variables, one NAME=VALUE a line. Repeatable.")
]
Workdir: TypeAlias = Annotated[
    str, typer.Option("-w", "--workdir", metavar="DIR", help="Where in the source to start.")
]
Interactive: TypeAlias = Annotated[bool, typer.Option("-i", "--interactive", help="Pass stdin on.")]
Name: TypeAlias = Annotated[str, typer.Option(help="A title for the task.")]
After: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Begin when that task has succeeded. Repeatable."),
]
Goal: TypeAlias = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Let a model work towards it; --verify decides.")
]
Role: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="In which role it works.")]
Model: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Which model works.")]
Agent: TypeAlias = Annotated[
    str | None, typer.Option(metavar="CMD", help="Let this program work on the goal in the sandbox.")
]
Steps: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="How many steps it may take.")]
Tokens: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="How many tokens it may use.")]
Cost: TypeAlias = Annotated[float | None, typer.Option(metavar="X", help="What it may cost.")]
AllowTestChanges: TypeAlias = Annotated[
    bool, typer.Option("--allow-test-changes", help="Let a model change tests, too.")
]
Detach: TypeAlias = Annotated[
    bool, typer.Option("--detach", help="Give it to the node, print its id, and do not wait.")
]
