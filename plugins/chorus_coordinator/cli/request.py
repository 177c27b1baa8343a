"""From the options of `chorus run` to a task document. Reads env files; everything else is pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeVar

from chorus_hooks.errors import UsageError
from chorus_hooks.quantity import parse_duration
from chorus_hooks.sandbox import DATA
from chorus_hooks.task import Limits

T = TypeVar("T")

MAX_ENV_FILE: Final = 1 << 20


def limits(
    *,
    timeout: str | None,
    memory: str | None,
    cpus: float | None,
    pids: int | None,
    disk: str | None,
    output: str | None,
    steps: int | None = None,
    tokens: int | None = None,
    cost: float | None = None,
) -> Limits:
    """The limits that were given; what was not takes its default."""
    seconds = None if timeout is None else _parsed("--timeout", timeout, parse_duration)
    return Limits(
        timeout_s=seconds,
        memory=memory,
        cpus=cpus,
        pids=pids,
        disk=disk,
        output=output,
        steps=steps,
        tokens=tokens,
        cost=cost,
    )


def work(
    goal: str | None, command: Sequence[str] | None, verify: Sequence[str] | None
) -> Literal["goal", "command"]:
    """Which kind of task it is. Raises UsageError when it is neither, or both."""
    if goal is not None and command:
        raise UsageError("a command and --goal are two tasks", hint="a model chooses its own commands")
    if goal is None and not command:
        raise UsageError("no command is given", hint="chorus run -- make check")
    if goal is not None and not verify:
        raise UsageError(
            "--goal needs --verify, which decides whether it is reached",
            hint='chorus run --source . --goal "make the tests pass" --verify "make test"',
        )
    return "command" if goal is None else "goal"


def environment(files: Sequence[Path], variables: Sequence[str], outer: Mapping[str, str]) -> dict[str, str]:
    """The task's variables: those of the files, then those of the options, which win.

    `K=V` gives a value, `K` alone takes it from `outer`. Raises UsageError when it is not there.
    """
    env: dict[str, str] = {}
    for file in files:
        for number, line in _lines(file):
            name, value = _variable(line, outer, f"line {number} of {file}")
            env[name] = value
    for text in variables:
        name, value = _variable(text, outer, f"-e {text}")
        env[name] = value
    return env


def workdir(directory: str) -> str:
    """`-w` as it stands in the document: relative to the source, however it was written."""
    if directory == DATA or directory.startswith(DATA + "/"):
        return directory[len(DATA) + 1 :] or "."
    return directory


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of an env file that say something: not blank, not a # comment."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_ENV_FILE + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"the env file {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the env file {file} is not UTF-8 text") from None
    if len(raw) > MAX_ENV_FILE:
        raise UsageError(f"the env file {file} has more than {MAX_ENV_FILE} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, line.removesuffix("\r").lstrip()


def _variable(text: str, outer: Mapping[str, str], where: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError(f"{where} names no variable", hint="write NAME=VALUE, or NAME to pass your own on")
    if equals:
        return name, value
    if name not in outer:
        raise UsageError(
            f"{where}: {name} is not set here", hint=f"set it, or write {name}=VALUE (it may be empty)"
        )
    return name, outer[name]


def _parsed(option: str, text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
