"""A node in a Docker container, on as many networks of the engine as one likes."""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contrib.bench.rig.client import Client
from contrib.bench.rig.hosts.namespace import run
from contrib.bench.rig.node import STOP_S, Node

API_PORT: Final = "8080"


class Container(Node):
    """`chorus.pyz agent` in a container. Its state dir is on this machine, its API at its address.

    It is made with the first start, and stays, as what was killed, until `end`.
    """

    def __init__(
        self,
        state_dir: Path,
        environment: Mapping[str, str],
        *,
        image: str,
        pyz: Path,
        cache: Path,
        networks: Sequence[str],
    ) -> None:
        super().__init__(state_dir, environment)
        self.name = f"chorus-{state_dir.name}-{secrets.token_hex(3)}"
        self.image, self.pyz, self.cache, self.networks = image, pyz, cache, networks
        self._made = False

    def begin(self, *arguments: str) -> None:
        """Start it, and do not wait for it."""
        if not self._made:
            self._make(arguments)
        (self.state_dir / "api.json").unlink(missing_ok=True)  # its process is always number 1
        run("docker", "start", self.name)

    def _make(self, arguments: Sequence[str]) -> None:
        self.state_dir.mkdir(mode=0o700)
        settings = {
            **self.environment,
            "CHORUS_STATE_DIR": "/state",
            "CHORUS_API_BIND": "0.0.0.0",
            "CHORUS_API_PORT": API_PORT,
            "XDG_CACHE_HOME": "/cache",
        }
        own, *others = self.networks
        options = [
            f"--name={self.name}",
            f"--user={os.getuid()}:{os.getgid()}",
            f"--volume={self.state_dir}:/state",
            f"--volume={self.cache}:/cache",
            f"--volume={self.pyz}:/chorus.pyz:ro",
            f"--network={own}",
            *(f"--env={name}={value}" for name, value in settings.items()),
        ]
        run("docker", "create", *options, self.image, "python3", "/chorus.pyz", "agent", *arguments)
        self._made = True
        for other in others:
            run("docker", "network", "connect", other, self.name)

    def announced(self) -> bool:
        """Whether it has written api.json. Raises when it has ended."""
        if self._asked("{{.State.Running}}") != "true":
            raise RuntimeError(f"the container ended\n{self.told()}")
        return (self.state_dir / "api.json").exists()

    def client(self, timeout_s: float = 10.0) -> Client:
        """A connection to its API, by its address on the first of its networks."""
        address = self._asked(f'{{{{(index .NetworkSettings.Networks "{self.networks[0]}").IPAddress}}}}')
        return Client(f"http://{address}:{API_PORT}", self.token, timeout_s)

    def kill(self) -> None:
        """SIGKILL."""
        run("docker", "kill", self.name)
        run("docker", "wait", self.name)

    def end(self) -> None:
        """Make sure that it is gone, whatever happened before."""
        if self._made:
            run("docker", "rm", "--force", "--volumes", self.name)

    def told(self) -> str:
        """The end of its log, for a person."""
        command = ["docker", "logs", "--tail", "20", self.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_S)
        return done.stdout + done.stderr

    def _asked(self, what: str) -> str:
        return run("docker", "inspect", "--format", what, self.name).strip()


@contextmanager
def bridge() -> Iterator[str]:
    """The name of a network of the engine; gone afterwards. Raises OSError or CalledProcessError."""
    name = f"chorus-{secrets.token_hex(3)}"
    run("docker", "network", "create", "--driver", "bridge", name)
    try:
        yield name
    finally:
        run("docker", "network", "rm", name)
