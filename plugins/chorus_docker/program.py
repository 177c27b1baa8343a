"""One program that the engine runs in a container (Engine API: exec)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import trio

from chorus_docker.engine import Engine
from chorus_docker.stream import RawStream

NOT_STARTED: Final = 126
"""The engine's exit code for everything that it could not start."""

FIRST_LOOK_S: Final = 0.005
LONGEST_LOOK_S: Final = 0.25
"""A look costs the engine about a millisecond: four in a second are nothing."""


@dataclass(frozen=True)
class State:
    """`code` is None until the program has ended. `started` is false when the engine could not start it."""

    code: int | None
    started: bool


class Program:
    """A created exec. It ends by itself or by being killed from within: the API has no kill for it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name

    async def start(self) -> RawStream:
        """Start it, its streams on this connection."""
        return await self._engine.upgrade(f"/exec/{self._name}/start", {"Detach": False, "Tty": False})

    async def start_alone(self) -> None:
        """Start it without streams."""
        await self._engine.call("POST", f"/exec/{self._name}/start", {"Detach": True, "Tty": False})

    async def state(self) -> State:
        """As the engine sees it. Between the answer to `start` and the real start it does not run either."""
        seen: dict[str, Any] = await self._engine.call("GET", f"/exec/{self._name}/json")
        ended = not seen["Running"] and seen["ExitCode"] is not None
        return State(seen["ExitCode"] if ended else None, bool(seen.get("Pid")))

    async def ended(self, silent: trio.Event) -> State:
        """Wait for its end: at growing intervals, and at once when `silent` says that its output ended."""
        pause = FIRST_LOOK_S
        while (state := await self.state()).code is None:
            if silent.is_set():
                await trio.sleep(pause)
            else:
                with trio.move_on_after(pause):
                    await silent.wait()
                    pause = FIRST_LOOK_S
            pause = min(pause * 1.5, LONGEST_LOOK_S)
        return state


async def create_program(
    engine: Engine,
    container: str,
    argv: Sequence[str],
    *,
    user: str,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    stdin: bool = False,
    output: bool = True,
) -> Program:
    """Create it; nothing runs yet."""
    made = await engine.call(
        "POST",
        f"/containers/{container}/exec",
        {
            "Cmd": list(argv),
            "User": user,
            "Env": [f"{name}={value}" for name, value in (env or {}).items()],
            "WorkingDir": cwd,
            "AttachStdin": stdin,
            "AttachStdout": output,
            "AttachStderr": output,
            "Tty": False,
        },
    )
    return Program(engine, made["Id"])
