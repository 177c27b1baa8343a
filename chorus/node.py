"""A node: every service there is, from its start to a signal. Read beside `chorus/supervisor.py`."""

import gc
import logging
import os
import time
from typing import Any, Final

import trio

from chorus.check_runner import checking
from chorus.checks import core_checks
from chorus.contributions import NodeContributions
from chorus.endpoint import API_FILE, announced
from chorus.errors import Interrupted, first_of
from chorus.events import PluginEvents
from chorus.health import NodeHealth
from chorus.host import CommandHost
from chorus.plan import plan
from chorus.scratch_sweep import scratch_sweeper
from chorus.state_dir import open_state_dir
from chorus.supervisor import Supervisor
from chorus.sweep import sweeping
from chorus_hooks.contributions import Contributions
from chorus_hooks.endpoint import Api
from chorus_hooks.errors import ConfigError
from chorus_hooks.health import Health
from chorus_hooks.identity import Identity
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import STATE_DIR
from chorus_hooks.node import Node as NodeCapability
from chorus_hooks.service import Capabilities, find

_NEEDED: Final = (Identity, Api)
_GARBAGE: Final = 2_000, 5, 5
"""How many new objects make a serving node look for cycles, and how many looks make it look further back."""

_log = logging.getLogger("chorus.node")


class Node:
    """The node of one state dir."""

    def __init__(self, host: CommandHost) -> None:
        self._host = host
        self._state_dir = host.config[STATE_DIR]

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM. Raises ChorusError when a service cannot start, or crashes."""
        services = self._host.services()
        kinds = [service.provides for service in services]
        given = self._host.given()
        provided: tuple[type[Any], ...] = (*kinds, *given, NodeCapability, Health, Contributions)
        contributions = NodeContributions(self._host.registry, self._host.config, provided)
        checks = [*core_checks(self._host.config, self._host.plugins), *contributions.checks()]
        sweepers = [scratch_sweeper(), *contributions.sweepers()]
        began = time.monotonic()
        health = NodeHealth(checks, lambda: time.monotonic() - began)
        given |= {Contributions: contributions, Health: health}
        order = plan(services, (*kinds, *_NEEDED), (*given, NodeCapability))
        with open_state_dir(self._state_dir, serving=True) as boot:
            (self._state_dir / API_FILE).unlink(missing_ok=True)  # of a node that was killed
            given[NodeCapability] = boot
            supervisor = Supervisor(order, given, health)

            async def main(capabilities: Capabilities) -> None:
                contributions.open(supervisor.capabilities)
                async with (
                    checking(health, checks, contributions.capabilities),
                    sweeping(sweepers, contributions.capabilities),
                ):
                    await self._serve(capabilities)

            try:
                trio.run(supervisor.run, main, (*_NEEDED, Mesh), self._reload)
            except Interrupted as signal:
                _log.info("stopped", extra={"signal": signal.number})
            except BaseExceptionGroup as group:
                raise first_of(group) from group

    async def _serve(self, capabilities: Capabilities) -> None:
        """What goes on while the services run."""
        api, mesh = capabilities.get(Api), find(capabilities, Mesh)
        where = {
            "api": api.url,
            "health": api.health_url,
            "p2p": list(mesh.addresses) if mesh else [],
            "pid": os.getpid(),
            "peer_id": capabilities.get(Identity).peer_id,
        }
        gc.freeze()  # what the start made stays: looking through it would cost more than all that comes after
        gc.set_threshold(*_GARBAGE)
        with announced(self._state_dir / API_FILE, where):
            _log.info("ready", extra=where)
            await trio.sleep_forever()

    def _reload(self) -> None:
        """All of the new settings that may change live, or none of them."""
        config = self._host.config
        try:
            fresh = self._host.read_config()
        except ConfigError as error:
            _log.error("the settings stay as they were: %s", error.message)
            return
        renewal = config.renew(fresh)
        self._host.set_up_logging(config)
        _log.info("settings read again", extra={"changed": list(renewal.applied)})
        if renewal.deferred:
            _log.warning("%s: needs a restart", ", ".join(renewal.deferred))
        PluginEvents(self._host.plugins).reloaded(config)
