"""The nodes of one `chorus up`: brought up together, looked after, stopped together."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from chorus.local_mesh.ending import stop
from chorus.local_mesh.neighbours import meshed
from chorus.local_mesh.place import NODES, Place, Where, place
from chorus.local_mesh.starting import Child, last_lines, start, told_end, until_ready
from chorus_hooks.errors import Refused, WorkFailed

MESHED_S: Final = 30.0
"""Longer than peers need to find each other by the worst of ways."""
LOOK_S: Final = 0.1

Running = tuple[Place, Where]


@dataclass(frozen=True)
class Plan:
    """How many nodes there are to be in a state dir, and what each of them gets."""

    root: Path
    count: int
    inherited: Mapping[str, str]
    join_token: str
    api_token: str


class Crew:
    """Who runs, and which of them this process started."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.running: dict[str, Running] = {}
        self.children: list[Child] = []
        self.meshed = False

    async def start(self) -> None:
        """Start those that are missing; when one fails, all that were started are stopped again.

        Raises ChorusError with the end of the log of the one that failed.
        """
        with starting(self._plan.root), self._join_file() as join:
            missing = [p for p in self._places() if not self._take_over(p)]
            try:
                if not self.running and missing:
                    await self._bring_up(missing[:1], join)
                    missing = missing[1:]
                await self._bring_up(missing, join)
                await self._wait_for_mesh()
            except BaseException:
                with trio.CancelScope(shield=True):
                    await self.stop()
                raise

    async def look_after(self, tell: Callable[[str], None]) -> None:
        """Until all that this process started have ended; tells of each that does.

        Raises WorkFailed when none of them ended as one that was asked to.
        """
        left = list(self.children)
        while left:
            for child in left:
                code = child.ended()
                if code:
                    tell(f"node {child.place.name} ended ({told_end(code)}):\n{last_lines(child.place)}")
                elif code == 0:
                    tell(f"node {child.place.name} was stopped")
            left = [child for child in left if child.ended() is None]
            await trio.sleep(LOOK_S)
        if self.children and all(child.ended() for child in self.children):
            raise WorkFailed("every node has ended", hint="their logs say why: agent.log in each state dir")

    async def stop(self) -> None:
        """Stop those that this process started; one that ended may have a successor, of another `up`."""
        await stop([child.place for child in self.children if child.ended() is None])
        for child in self.children:
            if child.ended() is None:  # it has not taken its seat yet
                child.process.kill()
            await trio.to_thread.run_sync(child.process.wait)

    def _places(self) -> Iterator[Place]:
        for number in range(1, self._plan.count + 1):
            yield place(self._plan.root, number)

    def _take_over(self, one: Place) -> bool:
        where = one.where()
        if where is not None:
            self.running[one.name] = (one, where)
        return where is not None

    async def _bring_up(self, missing: list[Place], join: Path) -> None:
        peers = tuple(address for _, where in self.running.values() for address in where.p2p)
        begun = []
        for one in missing:
            begun.append(start(one, self._plan.inherited, join, peers))
            self.children.append(begun[-1])
        for child in begun:
            self.running[child.place.name] = (child.place, await until_ready(child))

    async def _wait_for_mesh(self) -> None:
        nodes = list(self.running.values())
        if not all(where.p2p for _, where in nodes):
            return  # there is no mesh to wait for: its plugin is disabled
        with trio.move_on_after(MESHED_S):
            while not await meshed(nodes, self._plan.api_token):  # noqa: ASYNC110 - other processes
                await trio.sleep(LOOK_S)
            self.meshed = True

    @contextmanager
    def _join_file(self) -> Iterator[Path]:
        """The token in a file: an environment is seen by more than one program."""
        path = self._plan.root / NODES / "join"
        draft = path.with_suffix(f".{os.getpid()}")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(self._plan.join_token + "\n")
        draft.replace(path)
        yield path  # it stays: a node reads its settings again on SIGHUP


@contextmanager
def starting(root: Path) -> Iterator[None]:
    """Hold the lock that one `up` or `down` at a time has. Raises Refused when another one has it."""
    nodes = root / NODES
    nodes.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(nodes / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refused(
            f"another `chorus up` or `chorus down` is at work on {root}", hint="wait until it is done"
        ) from None
    finally:
        os.close(lock)
