"""For benchmarks only: the sandbox `null`, which runs nothing, and a route `/null`, which does nothing."""

import logging
from collections.abc import Callable
from typing import Any

from chorus_hooks import API_VERSION, hookimpl
from chorus_hooks.route import Answer, Reply, Request, Route
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config, Setting, boolean

CHORUS_API = API_VERSION

ENABLED: Setting[bool] = Setting(
    "CHORUS_NULL_SANDBOX", boolean, False, "For benchmarks only: tasks may 'run' where nothing is run"
)

_log = logging.getLogger(__name__)


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    register(ENABLED)


@hookimpl(trylast=True)
def chorus_register_sandboxes(register: Callable[[Sandbox], None], config: Config) -> None:
    from chorus_plugin_null.sandbox import NullSandbox

    if config[ENABLED]:
        _log.warning("the null sandbox is enabled: tasks in it succeed, and nothing is run")
    register(NullSandbox(enabled=config[ENABLED]))


@hookimpl
def chorus_register_routes(register: Callable[[Route], None], config: Config) -> None:
    register(
        Route(
            "GET",
            "/null",
            "Do nothing, on the far side of the bridge: what a route costs by itself",
            _nothing,
            (Answer(200, "Nothing was done", dict[str, str], {"status": "ok"}),),
            tag="null",
        )
    )


async def _nothing(capabilities: Capabilities, request: Request) -> Reply:
    return Reply({"status": "ok"})
