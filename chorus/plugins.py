"""Discover, load and isolate plugins: one broken plugin is named and never takes the CLI down.

A plugin is an entry point of the group `chorus`, naming a module with `@hookimpl` functions. Built-in
plugins come by the same road as third-party ones, but first, so that nobody can take their names.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Literal

import pluggy

from chorus_hooks import API_VERSION, specs

GROUP = "chorus"
OWN_DISTRIBUTION = "chorus-agent"

Status = Literal["ok", "disabled", "failed"]


@dataclass
class Plugin:
    """One entry point and what became of it. `error` says why it failed."""

    name: str
    distribution: str
    version: str
    status: Status = "ok"
    error: str | None = None
    hooks: tuple[str, ...] = ()
    module: Any = field(default=None, repr=False)

    @property
    def origin(self) -> Literal["built-in", "third-party"]:
        """Whether it ships with CHORUS."""
        return "built-in" if self.distribution == OWN_DISTRIBUTION else "third-party"

    def fail(self, error: str) -> None:
        """Note why it cannot be used."""
        self.status, self.error = "failed", error


class PluginHost:
    """Every plugin that was found, and the way to call their hooks one by one."""

    def __init__(
        self, points: Iterable[tuple[metadata.EntryPoint, str, str]], disabled: Iterable[str] = ()
    ) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(specs)
        self.plugins: list[Plugin] = []
        off = frozenset(disabled)
        for point, distribution, version in sorted(points, key=_built_in_first):
            plugin = Plugin(point.name, distribution, version)
            self._load(plugin, point, off)
            self.plugins.append(plugin)

    def _load(self, plugin: Plugin, point: metadata.EntryPoint, disabled: frozenset[str]) -> None:
        taken = next((other for other in self.plugins if other.name == plugin.name), None)
        if taken:
            plugin.fail(f"the name {plugin.name!r} is already taken by {taken.distribution}")
        elif plugin.name in disabled:
            plugin.status = "disabled"
        else:
            try:
                plugin.module = point.load()
                self._register(plugin)
            except (Exception, SystemExit) as error:  # a plugin may raise anything at import
                plugin.fail(f"{type(error).__name__}: {error}")
                if self._manager.has_plugin(plugin.name):
                    self._manager.unregister(name=plugin.name)

    def _register(self, plugin: Plugin) -> None:
        built_for = getattr(plugin.module, "CHORUS_API", API_VERSION)
        if built_for != API_VERSION:
            raise TypeError(f"built for plugin API {built_for}, this is {API_VERSION}")
        self._manager.register(plugin.module, name=plugin.name)
        self._manager.check_pending()
        impls = self._manager.get_hookcallers(plugin.module) or []
        plugin.hooks = tuple(sorted(caller.name for caller in impls))
        for name in plugin.hooks:
            if inspect.iscoroutinefunction(getattr(plugin.module, name)):
                raise TypeError(f"hook {name!r} is async: hooks are synchronous, services are not")

    def each(self, hook: str) -> Iterator[tuple[Plugin, Callable[..., object]]]:
        """The implementations of one hook: `tryfirst`, plain, `trylast`; built-ins first within each."""
        order = {plugin.name: index for index, plugin in enumerate(self.plugins)}
        impls = getattr(self._manager.hook, hook).get_hookimpls()
        for impl in sorted(impls, key=lambda i: (i.trylast - i.tryfirst, order[i.plugin_name])):
            plugin = self.plugins[order[impl.plugin_name]]
            if plugin.status == "ok":
                yield plugin, _accepting(impl.function, impl.argnames)


def discover() -> Iterator[tuple[metadata.EntryPoint, str, str]]:
    """Every entry point of the group with its distribution's name and version, as sys.path finds them."""
    seen: set[str] = set()
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name in seen:  # the first on sys.path is the one that would be imported
            continue
        seen.add(name)
        for point in distribution.entry_points:
            if point.group == GROUP:
                yield point, name, distribution.version


def _built_in_first(found: tuple[metadata.EntryPoint, str, str]) -> tuple[bool, str, str]:
    point, distribution, _ = found
    return distribution != OWN_DISTRIBUTION, point.name, distribution


def _accepting(function: Callable[..., object], names: Iterable[str]) -> Callable[..., object]:
    wanted = tuple(names)

    def call(**arguments: object) -> object:
        return function(**{name: arguments[name] for name in wanted})

    return call
