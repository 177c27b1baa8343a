"""Registers the Docker sandbox and its settings."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import hookimpl
from chorus_hooks.health import Check
from chorus_hooks.leftover import Sweep, Sweeper
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config, Setting


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    """DOCKER_HOST, CHORUS_IMAGE_PULL."""
    from chorus_docker.settings import DOCKER_HOST, IMAGE_PULL

    register(DOCKER_HOST)
    register(IMAGE_PULL)


@hookimpl(tryfirst=True)
def chorus_register_sandboxes(register: Callable[[Sandbox], None], config: Config) -> None:
    """The sandbox `docker`; it holds every limit, so `auto` tries it first."""
    from chorus_docker.owner import owner_of
    from chorus_docker.sandbox import DockerSandbox
    from chorus_docker.settings import DOCKER_HOST, IMAGE_PULL
    from chorus_hooks.node import STATE_DIR

    register(
        DockerSandbox(
            config[DOCKER_HOST],
            may_pull=config[IMAGE_PULL] == "missing",
            owner=owner_of(config[STATE_DIR]),
        )
    )


@hookimpl
def chorus_register_health_checks(register: Callable[[Check], None], config: Config) -> None:
    """The check `docker`."""
    from chorus_docker.check import docker_check
    from chorus_docker.settings import DOCKER_HOST, IMAGE_PULL

    register(docker_check(config[DOCKER_HOST], config[IMAGE_PULL], asked=config.explicit(DOCKER_HOST)))


@hookimpl
def chorus_register_sweepers(register: Callable[[Sweeper], None], config: Config) -> None:
    """The sweeper `containers`."""
    from chorus_hooks.node import STATE_DIR, Node

    def build(capabilities: Capabilities) -> Sweep:
        from chorus_docker.settings import DOCKER_HOST
        from chorus_docker.stray import container_sweep

        return container_sweep(config[DOCKER_HOST], config[STATE_DIR], capabilities.get(Node))

    register(Sweeper("containers", build, requires=(Node,)))
