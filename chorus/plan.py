"""Which services a command needs, in which order. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Service

Kind = type[Any]


def plan(
    services: Iterable[Service],
    wanted: Collection[Kind],
    given: Collection[Kind],
    optional: Collection[Kind] = (),
) -> Sequence[Service]:
    """The services that `wanted` leads to, each after what it requires; `optional` as far as it is provided.

    `given` is provided by the core itself. Raises ChorusError that names the service and the capability
    when one is missing, provided twice, part of a cycle, or may crash under somebody who needs it.
    """
    providers = _providers(services, given)
    graph: dict[str, tuple[str, ...]] = {}
    pending: list[tuple[str, Kind]] = [("this command", kind) for kind in wanted]
    pending += [("this command", kind) for kind in optional if kind in providers]
    while pending:
        asker, kind = pending.pop()
        if kind in given:
            continue
        service = providers.get(kind)
        if service is None:
            raise _missing(asker, kind, providers)
        if service.name in graph:
            continue
        needs = [*service.requires, *(kind for kind in service.optional if kind in providers)]
        graph[service.name] = tuple(sorted(providers[need].name for need in needs if need in providers))
        pending += [(f"service {service.name!r}", need) for need in needs]
    _check_policies(service for service in providers.values() if service.name in graph)
    by_name = {service.name: service for service in providers.values()}
    try:
        return [by_name[name] for name in TopologicalSorter(dict(sorted(graph.items()))).static_order()]
    except CycleError as error:
        raise ChorusError("services depend on each other in a cycle: " + " -> ".join(error.args[1])) from None


def _check_policies(services: Iterable[Service]) -> None:
    """What may be missing for a while must not be required by anybody, who would hold a dead one."""
    planned = list(services)
    lenient = {service.provides: service for service in planned if service.on_crash != "stop"}
    for service in planned:
        for kind in (*service.requires, *service.optional):
            if kind in lenient:
                other = lenient[kind]
                raise ChorusError(
                    f"service {other.name!r} is to go on after a crash, but {service.name!r} needs it",
                    hint="report it to the author of the plugin; CHORUS_PLUGINS_DISABLED leaves it out",
                )


def _providers(services: Iterable[Service], given: Collection[Kind]) -> Mapping[Kind, Service]:
    providers: dict[Kind, Service] = {}
    for service in services:
        other = providers.get(service.provides)
        if other or service.provides in given:
            by = repr(other.name) if other else "the core"
            raise ChorusError(
                f"{service.provides.__name__} is provided by both {by} and {service.name!r}",
                hint="disable one of the plugins with CHORUS_PLUGINS_DISABLED",
            )
        providers[service.provides] = service
    return providers


def _missing(asker: str, kind: Kind, providers: Mapping[Kind, Service]) -> ChorusError:
    available = ", ".join(sorted(provided.__name__ for provided in providers)) or "none"
    return ChorusError(
        f"{asker} requires {kind.__name__}, but no enabled plugin provides it (available: {available})",
        hint="`chorus plugin list` shows which plugins are disabled or failed",
    )
