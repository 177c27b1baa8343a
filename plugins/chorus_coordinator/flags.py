"""From the options of `chorus run` to a task document. Pure but for reading the --env-file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chorus_hooks.errors import UsageError
from chorus_hooks.quantity import parse_duration
from chorus_hooks.task import Limits, Source, TaskDocument


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What was asked for on the command line, as text."""

    command: tuple[str, ...]
    image: str | None = None
    language: str = "auto"
    timeout: str | None = None
    memory: str | None = None
    cpus: float | None = None
    pids: int | None = None
    disk: str | None = None
    max_output: str | None = None
    env: tuple[str, ...] = ()
    env_file: Path | None = None
    workdir: str = "."
    name: str = ""
    verify: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    sandbox: str | None = None


def document(flags: Flags, source_sha256: str | None, environment: Mapping[str, str]) -> TaskDocument:
    """The task. Raises UsageError for what no document could say."""
    if not flags.command:
        raise UsageError("there is no command to run", hint="chorus run -- CMD…")
    return TaskDocument(
        title=flags.name,
        commands=(flags.command,),
        verify=flags.verify,
        protect=flags.protect,
        source=Source(sha256=source_sha256) if source_sha256 else None,
        language=flags.language,
        image=flags.image,
        workdir=flags.workdir,
        env=variables(flags, environment),
        requires=(f"sandbox:{flags.sandbox}",) if flags.sandbox else (),
        limits=Limits(
            timeout_s=_seconds(flags.timeout),
            memory=flags.memory,
            cpus=flags.cpus,
            pids=flags.pids,
            disk=flags.disk,
            output=flags.max_output,
        ),
    )


def variables(flags: Flags, environment: Mapping[str, str]) -> dict[str, str]:
    """`--env-file`, then `-e`, which wins. `-e NAME` takes the value from the caller's environment."""
    lines = _lines(flags.env_file) if flags.env_file else []
    return dict(_pairs(lines, environment)) | dict(_pairs(flags.env, environment))


def _pairs(texts: Iterable[str], environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for text in texts:
        name, equals, value = text.partition("=")
        if equals:
            yield name, value
        elif name in environment:
            yield name, environment[name]
        else:
            raise UsageError(f"{name} is not set in this environment", hint=f"-e {name}=VALUE")


def _lines(path: Path) -> list[str]:
    """As `docker run --env-file` reads it: NAME=VALUE or NAME a line, `#` begins a comment line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the env file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the env file {path} is not UTF-8 text") from None
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--timeout: {error}") from None
