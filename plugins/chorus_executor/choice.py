"""Which sandbox a task runs in, and why that one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from chorus_hooks.errors import UsageError
from chorus_hooks.sandbox import Limit, Sandbox, Sandboxes

LIMITS: Final[tuple[str, ...]] = get_args(Limit)
_BACKEND: Final = "sandbox:"


class NoSandbox(Exception):  # noqa: N818 - an outcome, reported as one
    """No sandbox can take the task; the text says for each one why, and what cures it.

    `why` and `cure` are the same apart, for who tells them apart.
    """

    def __init__(self, why: str, cure: str = "", text: str = "") -> None:
        super().__init__(text or why)
        self.why = why
        self.cure = cure


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
    passed: list[_Passed] = []
    for sandbox in _candidates(sandboxes, setting, backends):
        no = await _objection(sandbox, needed, image)
        if no is None:
            return Choice(
                sandbox, image if sandbox.needs_image else None, _why(sandbox, passed, image, asked)
            )
        passed.append(no)
    raise _none_of(passed)


@dataclass(frozen=True)
class _Passed:
    """A backend that was passed over, and why."""

    name: str
    why: str
    cure: str = ""


def _none_of(passed: list[_Passed]) -> NoSandbox:
    if not passed:
        return NoSandbox("no sandbox plugin is installed or enabled", "chorus plugin list")
    whys = [f"{no.name}: {no.why}" for no in passed]
    text = [why + (f" (try: {no.cure})" if no.cure else "") for no, why in zip(passed, whys, strict=True)]
    cures = [f"for {no.name}: {no.cure}" for no in passed if no.cure]
    return NoSandbox("; ".join(whys), "; ".join(cures), "; ".join(text))


def _candidates(sandboxes: Sandboxes, setting: str, backends: list[str]) -> tuple[Sandbox, ...]:
    wanted = dict.fromkeys(backends or ([] if setting == "auto" else [setting]))
    if len(wanted) > 1:
        raise NoSandbox(f"a task cannot run in {' and '.join(wanted)} at once")
    if not wanted:
        return sandboxes.all()
    try:
        return (sandboxes.get(next(iter(wanted))),)
    except UsageError as error:
        raise NoSandbox(f"{error.message}; {error.hint}".removesuffix("; ")) from None


async def _objection(sandbox: Sandbox, needed: list[str], image: str) -> _Passed | None:
    missing = [name for name in needed if name not in sandbox.enforces]
    if missing:
        cure = "" if set(missing) <= set(LIMITS) else f"the limits are {', '.join(LIMITS)}"
        return _Passed(sandbox.name, f"it does not hold the required {', '.join(missing)}", cure)
    found = await sandbox.probe(image if sandbox.needs_image else None)
    return None if found.ok else _Passed(sandbox.name, found.why, found.cure)


def _why(sandbox: Sandbox, passed: list[_Passed], image: str, asked: bool) -> str:
    why = [f"{no.name} was passed over, {no.why}" for no in passed]
    if asked and not sandbox.needs_image:
        why.append(f"the image {image} is not used, programs are those of this machine")
    return f"{sandbox.name}: {'; '.join(why) or 'it works here'}"
