"""What plugins register is kept by name, and a plugin that misbehaves loses all of it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from chorus.plugins import PluginHost
from chorus.registry import Registry
from chorus_hooks import hookimpl
from chorus_hooks.command import Command


class Point:
    def __init__(self, name: str, module: ModuleType) -> None:
        self.name = name
        self.load = lambda: module


def offering(*commands: object, error: Exception | None = None) -> ModuleType:
    @hookimpl
    def chorus_register_commands(register: Callable[[object], None]) -> None:
        for command in commands:
            register(command)
        if error:
            raise error

    made = ModuleType("a_plugin")
    made.chorus_register_commands = chorus_register_commands  # type: ignore[attr-defined]
    return made


def registry(**plugins: ModuleType) -> Registry:
    points: list[Any] = [(Point(name, module), "third", "1.0") for name, module in plugins.items()]
    return Registry(PluginHost(points))


def command(name: str) -> Command:
    return Command(name, "nowhere:nothing", "help")


def errors(of: Registry) -> dict[str, str | None]:
    return {plugin.name: plugin.error for plugin in of.plugins.plugins}


def test_commands_are_kept_with_their_plugin() -> None:
    kept = registry(a=offering(command("one"), command("two"))).commands()
    assert {name: entry.plugin for name, entry in kept.items()} == {"one": "a", "two": "a"}


def test_a_plugin_that_raises_loses_what_it_had_registered() -> None:
    made = registry(a=offering(command("one"), error=RuntimeError("half way")), b=offering(command("two")))
    assert list(made.commands()) == ["two"]
    assert errors(made)["a"] == "chorus_register_commands: RuntimeError: half way"


def test_a_taken_name_is_refused_with_everything_its_plugin_offered() -> None:
    made = registry(a=offering(command("one")), b=offering(command("two"), command("one")))
    assert list(made.commands()) == ["one"]
    assert errors(made)["b"] == "chorus_register_commands: 'one' is already registered by plugin 'a'"


def test_something_that_is_no_command_is_refused() -> None:
    made = registry(a=offering("just text"))
    assert made.commands() == {}
    assert "is no Command" in (errors(made)["a"] or "")
