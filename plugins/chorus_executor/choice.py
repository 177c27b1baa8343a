"""Which sandbox a task runs in, and why that one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from chorus_hooks.errors import UsageError
from chorus_hooks.sandbox import Limit, Sandbox, Sandboxes

LIMITS: Final[tuple[str, ...]] = get_args(Limit)
_BACKEND: Final = "sandbox:"


class NoSandbox(Exception):  # noqa: N818 - an outcome, reported as one
    """No sandbox can take the task; the text says for each one why, and what cures it."""


@dataclass(frozen=True)
class Choice:
    """A sandbox and one line of why. `image` is None where it runs this machine's own toolchain."""

    sandbox: Sandbox
    image: str | None
    why: str

    @property
    def unlimited(self) -> tuple[str, ...]:
        """The limits that nobody holds there."""
        return tuple(limit for limit in LIMITS if limit not in self.sandbox.enforces)


async def choose(
    sandboxes: Sandboxes, setting: str, requires: Sequence[str], image: str, *, asked: bool
) -> Choice:
    """Take the first sandbox that can be used and holds what is required. Raises NoSandbox.

    `setting` is `auto` or the name of a backend; a required backend beats it. `asked` says that the task
    named the image itself.
    """
    needed = [name for name in requires if not name.startswith(_BACKEND)]
    backends = [name.removeprefix(_BACKEND) for name in requires if name.startswith(_BACKEND)]
    passed: list[str] = []
    for sandbox in _candidates(sandboxes, setting, backends):
        no = await _objection(sandbox, needed, image)
        if not no:
            return Choice(
                sandbox, image if sandbox.needs_image else None, _why(sandbox, passed, image, asked)
            )
        passed.append(f"{sandbox.name}: {no}")
    raise NoSandbox("; ".join(passed) or "no sandbox plugin is installed or enabled")


def _candidates(sandboxes: Sandboxes, setting: str, backends: list[str]) -> tuple[Sandbox, ...]:
    wanted = dict.fromkeys(backends or ([] if setting == "auto" else [setting]))
    if len(wanted) > 1:
        raise NoSandbox(f"a task cannot run in {' and '.join(wanted)} at once")
    if not wanted:
        return sandboxes.all()
    try:
        return (sandboxes.get(next(iter(wanted))),)
    except UsageError as error:
        raise NoSandbox(_told(error.message, error.hint)) from None


async def _objection(sandbox: Sandbox, needed: list[str], image: str) -> str:
    missing = [name for name in needed if name not in sandbox.enforces]
    if missing:
        return f"it does not hold the limits that the task requires: {', '.join(missing)}"
    found = await sandbox.probe(image if sandbox.needs_image else None)
    return "" if found.ok else _told(found.why, found.cure)


def _why(sandbox: Sandbox, passed: list[str], image: str, asked: bool) -> str:
    why = [f"{text.replace(': ', ' was passed over, ', 1)}" for text in passed]
    if asked and not sandbox.needs_image:
        why.append(f"the image {image} is not used, programs are those of this machine")
    return f"{sandbox.name}: {'; '.join(why) or 'it works here'}"


def _told(why: str, cure: str) -> str:
    return f"{why} (try: {cure})" if cure else why
