"""The services of the plugin: ready at once, cleaning up beside the work."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import trio

from chorus_executor.plugin import chorus_register_settings
from chorus_executor.reaper import reap
from chorus_executor.service import services
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import Unreachable
from chorus_hooks.executor import Executor
from chorus_hooks.node import Node
from chorus_hooks.replay import Rerunner
from chorus_hooks.sandbox import Sandboxes
from chorus_hooks.setting import Setting
from chorus_hooks.source import Packer
from tests.unit.executor.fakes import FakeNode, FakeSandbox, FakeSandboxes, MemoryBlobs

T = TypeVar("T")


class Defaults:
    """A Config where nothing is set."""

    def __getitem__(self, setting: Setting[T]) -> T:
        return setting.default

    def explicit(self, setting: Setting[Any]) -> bool:
        return False


class Given:
    """Capabilities in a dict."""

    def __init__(self, *pairs: tuple[type[Any], object]) -> None:
        self._given = dict(pairs)

    def get(self, kind: type[T]) -> T:
        return self._given[kind]  # type: ignore[return-value]


async def test_the_executor_is_ready_while_the_reaper_still_looks(tmp_path: Path) -> None:
    looking = trio.Event()

    class Slow(FakeSandbox):
        async def reap(self, alive: Callable[[str], bool]) -> int:
            looking.set()
            await trio.sleep_forever()
            return 0

    _, executor, _ = services(Defaults())
    given = Given((Node, FakeNode(tmp_path)), (Blobs, MemoryBlobs()), (Sandboxes, FakeSandboxes(Slow())))
    with trio.fail_after(5):
        async with executor.factory(given) as provider:
            await looking.wait()
            assert hasattr(provider, "execute")


async def test_each_backend_is_reaped_with_the_boots_that_live(tmp_path: Path) -> None:
    first, second = FakeSandbox(name="a"), FakeSandbox(name="b")
    await reap(FakeSandboxes(first, second), FakeNode(tmp_path))
    assert (first.reaped, second.reaped) == (1, 1)


async def test_a_backend_that_cannot_reap_harms_nobody(tmp_path: Path) -> None:
    class Broken(FakeSandbox):
        async def reap(self, alive: Callable[[str], bool]) -> int:
            raise Unreachable("no engine")

    second = FakeSandbox()
    await reap(FakeSandboxes(Broken(), second), FakeNode(tmp_path))
    assert second.reaped == 1


def test_what_is_provided_and_required() -> None:
    packer, executor, rerunner = services(Defaults())
    assert (packer.provides, packer.requires) == (Packer, (Blobs,))
    assert (executor.provides, set(executor.requires)) == (Executor, {Node, Blobs, Sandboxes})
    assert (rerunner.provides, set(rerunner.requires)) == (Rerunner, {Node, Blobs, Sandboxes})


def test_every_language_has_an_image_setting() -> None:
    settings: list[Setting[Any]] = []
    chorus_register_settings(settings.append)
    names = {setting.name for setting in settings}
    assert {"CHORUS_SANDBOX", "CHORUS_IMAGE_PYTHON", "CHORUS_IMAGE_TYPESCRIPT", "CHORUS_IMAGE_SHELL"} <= names
    assert all(setting.help for setting in settings)


def test_the_plugin_module_imports_nothing_heavy() -> None:
    code = (
        "import sys, chorus_executor.plugin, chorus_shhh.plugin;"
        "sys.exit(str({'trio', 'pathspec', 'msgspec', 'detect_secrets'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
