"""Where role prompts come from: package data, then a directory of one's own. Blocks on the disk.

A role's whole prompt is its `system_prompt`, an empty line, and the default instructions, which are the same
for all.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Final

from chorus_hooks.errors import ConfigError, NotFound
from chorus_reasoner.role import MAX_FILE, MAX_PROMPT, Role, parse_roles

log = logging.getLogger(__name__)

BUILT_IN: Final = "built-in"
_DEFAULTS: Final = ("defaults.md", "defaults.txt")
_CHECK: Final = "`chorus prompts check` tells all of it"
_MOST_FILES: Final = 200


@dataclass(frozen=True)
class Prompts:
    """One loaded set, and everything that is wrong with it."""

    roles: Mapping[str, Role]
    instructions: str
    instructions_from: str
    faults: tuple[str, ...] = ()

    def whole(self, role: Role) -> str:
        """What a model gets as the prompt of a role."""
        return f"{role.system_prompt.strip()}\n\n{self.instructions.strip()}\n"

    def digest(self, role: Role) -> str:
        """SHA-256 of the whole prompt: what a transcript names."""
        return sha256(self.whole(role).encode()).hexdigest()

    def get(self, id_: str) -> Role:
        """Raises NotFound, naming those there are."""
        try:
            return self.roles[id_]
        except KeyError:
            raise NotFound(
                f"there is no role {id_}", hint=f"the roles are {', '.join(sorted(self.roles))}"
            ) from None


def load(directory: Path | None, instructions: Path | None) -> Prompts:
    """The built-in roles, those of the directory in their place where ids are equal, and the instructions."""
    roles, faults = _built_in()
    own: dict[str, Role] = {}
    for file in _files(directory, faults):
        found, wrong = parse_roles(_read(file, faults), str(file))
        faults += wrong
        for role in found:
            if role.id in own:
                faults.append(f"{file}: the role {role.id} is in {own[role.id].source} already")
            else:
                own[role.id] = role
    text, source = _instructions(directory, instructions, faults)
    return Prompts({**roles, **own}, text, source, tuple(faults))


class Library:
    """The set in force. It is read when it is first needed, and again after a reload of the settings.

    A faulty set is not taken: the one before stays in force, and the log says why.
    """

    def __init__(
        self,
        directory: Callable[[], Path | None],
        instructions: Callable[[], Path | None],
        reloads: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._instructions = instructions
        self._reloads = reloads
        self._loaded = -1
        self._prompts: Prompts | None = None

    def prompts(self) -> Prompts:
        """Raises ConfigError when the first set is faulty."""
        reloads = self._reloads()
        if self._prompts is None or self._loaded != reloads:
            self._loaded = reloads
            self._take(load(self._directory(), self._instructions()))
        assert self._prompts is not None
        return self._prompts

    def _take(self, fresh: Prompts) -> None:
        if not fresh.faults:
            self._prompts = fresh
        elif self._prompts is None:
            more = len(fresh.faults) - 1
            raise ConfigError(fresh.faults[0] + (f" (and {more} more)" if more else ""), hint=_CHECK)
        else:
            log.error("the new prompts are faulty, the old ones stay: %s", "; ".join(fresh.faults))


def _built_in() -> tuple[dict[str, Role], list[str]]:
    raw = resources.files("chorus_reasoner").joinpath("roles/roles.yaml").read_bytes()
    roles, faults = parse_roles(raw, BUILT_IN)
    return {role.id: role for role in roles}, list(faults)


def _files(directory: Path | None, faults: list[str]) -> list[Path]:
    if directory is None:
        return []
    try:
        found = sorted(file for file in directory.iterdir() if file.suffix in (".yaml", ".yml"))
    except OSError as error:
        faults.append(f"{directory}: {error.strerror}")
        return []
    if len(found) > _MOST_FILES:
        faults.append(f"{directory}: it has {len(found)} files; the most is {_MOST_FILES}")
    return found[:_MOST_FILES]


def _read(file: Path, faults: list[str], most: int = MAX_FILE) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        faults.append(f"{file}: {error.strerror}")
        return b""


def _instructions(directory: Path | None, path: Path | None, faults: list[str]) -> tuple[str, str]:
    if path is None and directory is not None:
        path = next((directory / name for name in _DEFAULTS if (directory / name).is_file()), None)
    if path is None:
        return resources.files("chorus_reasoner").joinpath("roles/defaults.md").read_text("utf-8"), BUILT_IN
    raw = _read(path, faults, MAX_PROMPT)
    if len(raw) > MAX_PROMPT:
        faults.append(f"{path}: it has more than {MAX_PROMPT} bytes")
    try:
        return raw.decode("utf-8"), str(path)
    except UnicodeDecodeError:
        faults.append(f"{path}: it is not UTF-8")
        return "", str(path)
