"""Removes what nodes of this state dir left behind when they were killed. Runs beside the first tasks."""

import logging
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.node import Node
from chorus_hooks.sandbox import Sandboxes

REAP_S: Final = 60.0
_log = logging.getLogger(__name__)


async def reap(sandboxes: Sandboxes, node: Node) -> None:
    """Ask each backend once, for a bounded time. One that cannot is told in the log and harms nobody."""
    for sandbox in sandboxes.all():
        with trio.move_on_after(REAP_S) as bound:
            try:
                removed = await sandbox.reap(node.alive)
            except (ChorusError, OSError) as error:
                _log.info("%s could not look for abandoned sandboxes: %s", sandbox.name, error)
                continue
            if removed:
                _log.info("%s removed %d abandoned sandboxes", sandbox.name, removed)
        if bound.cancelled_caught:
            _log.warning("%s did not look through its sandboxes within %g s", sandbox.name, REAP_S)
