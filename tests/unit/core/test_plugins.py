"""The plugin host: whatever a plugin does at load, it is named and nobody else is harmed."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from chorus.plugins import OWN_DISTRIBUTION, Plugin, PluginHost
from chorus_hooks import hookimpl

Point = tuple[EntryPoint, str, str]


class FakePoint:
    """An entry point whose module is made here; `importlib.metadata.EntryPoint` cannot be."""

    def __init__(self, name: str, load: Callable[[], object]) -> None:
        self.name = name
        self.load = load


def point(name: str, load: Callable[[], object], distribution: str = "third") -> Any:
    return FakePoint(name, load), distribution, "1.0"


def module(**hooks: object) -> ModuleType:
    made = ModuleType("a_plugin")
    for name, value in hooks.items():
        setattr(made, name, value)
    return made


@hookimpl
def chorus_register_commands(register: Callable[[object], None]) -> None:
    register("a command")


def loaded(*points: Any, disabled: tuple[str, ...] = ()) -> dict[str, Plugin]:
    return {f"{plugin.name}@{plugin.distribution}": plugin for plugin in PluginHost(points, disabled).plugins}


def fails(exception: BaseException) -> Callable[[], object]:
    def load() -> object:
        raise exception

    return load


def test_a_good_plugin_is_ok_and_its_hooks_are_listed() -> None:
    plugin = loaded(point("good", lambda: module(chorus_register_commands=chorus_register_commands)))[
        "good@third"
    ]
    assert (plugin.status, plugin.hooks, plugin.origin) == (
        "ok",
        ("chorus_register_commands",),
        "third-party",
    )


@pytest.mark.parametrize(
    "exception", [ImportError("no such module"), SystemExit(3), ZeroDivisionError("oops")]
)
def test_a_plugin_that_raises_at_import_fails_alone(exception: BaseException) -> None:
    plugins = loaded(point("bad", fails(exception)), point("good", module))
    assert plugins["bad@third"].status == "failed"
    assert type(exception).__name__ in (plugins["bad@third"].error or "")
    assert plugins["good@third"].status == "ok"


def test_a_third_party_cannot_take_a_built_in_name() -> None:
    plugins = loaded(point("journal", module), point("journal", module, OWN_DISTRIBUTION))
    assert plugins[f"journal@{OWN_DISTRIBUTION}"].status == "ok"
    assert plugins["journal@third"].error == "the name 'journal' is already taken by chorus-agent"


def test_a_misspelt_hook_is_refused() -> None:
    @hookimpl
    def chorus_register_comands() -> None: ...

    plugin = loaded(point("typo", lambda: module(chorus_register_comands=chorus_register_comands)))[
        "typo@third"
    ]
    assert plugin.status == "failed"
    assert "chorus_register_comands" in (plugin.error or "")


def test_an_async_hook_is_refused() -> None:
    @hookimpl
    async def chorus_register_commands(register: object) -> None: ...

    plugin = loaded(point("eager", lambda: module(chorus_register_commands=chorus_register_commands)))[
        "eager@third"
    ]
    assert "is async" in (plugin.error or "")


def test_an_unknown_hook_argument_is_refused() -> None:
    @hookimpl
    def chorus_register_commands(nope: object) -> None: ...

    plugin = loaded(point("odd", lambda: module(chorus_register_commands=chorus_register_commands)))[
        "odd@third"
    ]
    assert "nope" in (plugin.error or "")


def test_a_plugin_for_another_api_is_refused() -> None:
    plugin = loaded(point("old", lambda: module(CHORUS_API=99)))["old@third"]
    assert "built for plugin API 99" in (plugin.error or "")


def test_a_disabled_plugin_is_not_even_imported() -> None:
    plugins = loaded(point("off", fails(AssertionError("imported"))), disabled=("off",))
    assert plugins["off@third"].status == "disabled"


def test_a_failed_plugin_registers_nothing() -> None:
    @hookimpl
    async def chorus_register_services(register: object, config: object) -> None: ...

    half_good = module(
        chorus_register_commands=chorus_register_commands, chorus_register_services=chorus_register_services
    )
    host = PluginHost([point("half", lambda: half_good)])
    assert list(host.each("chorus_register_commands")) == []


def test_implementations_come_first_plain_last_and_built_ins_before_others() -> None:
    def offering(*, tryfirst: bool = False, trylast: bool = False) -> ModuleType:
        @hookimpl(tryfirst=tryfirst, trylast=trylast)
        def chorus_register_commands(register: Callable[[object], None]) -> None: ...

        return module(chorus_register_commands=chorus_register_commands)

    host = PluginHost(
        [
            point("last", lambda: offering(trylast=True), OWN_DISTRIBUTION),
            point("own", offering, OWN_DISTRIBUTION),
            point("early", offering),
            point("first", lambda: offering(tryfirst=True)),
        ]
    )
    assert [plugin.name for plugin, _ in host.each("chorus_register_commands")] == [
        "first",
        "own",
        "early",
        "last",
    ]
