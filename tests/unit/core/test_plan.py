"""Services start after what they require, and whatever makes that impossible is named."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

import pytest

from chorus.plan import plan
from chorus_hooks.errors import ChorusError
from chorus_hooks.service import Capabilities, Service


class A: ...


class B: ...


class C: ...


class Given: ...


def service(
    name: str, provides: type[Any], *requires: type[Any], optional: tuple[type[Any], ...] = ()
) -> Service:
    def factory(_: Capabilities) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    return Service(name, provides=provides, factory=factory, requires=requires, optional=optional)


def order(*services: Service, wanted: tuple[type[Any], ...]) -> list[str]:
    return [planned.name for planned in plan(services, wanted, (Given,))]


def test_a_service_comes_after_what_it_requires() -> None:
    services = (service("c", C, B, A), service("b", B, A), service("a", A, Given))
    assert order(*services, wanted=(C,)) == ["a", "b", "c"]


def test_only_what_is_needed_is_planned() -> None:
    assert order(service("a", A), service("b", B), wanted=(A,)) == ["a"]


def test_what_the_core_gives_needs_no_service() -> None:
    assert order(service("a", A), wanted=(Given,)) == []


def test_an_optional_capability_is_started_first_when_there_is_one() -> None:
    assert order(service("a", A, optional=(B, C)), service("b", B), wanted=(A,)) == ["b", "a"]


def test_a_missing_capability_names_who_asks_and_what_there_is() -> None:
    with pytest.raises(ChorusError, match=r"service 'b' requires A, but no enabled plugin.*\(available: B\)"):
        order(service("b", B, A), wanted=(B,))


def test_two_providers_of_one_capability_are_refused() -> None:
    with pytest.raises(ChorusError, match="A is provided by both 'a' and 'other'"):
        order(service("a", A), service("other", A), wanted=(A,))


def test_nobody_replaces_what_the_core_gives() -> None:
    with pytest.raises(ChorusError, match="Given is provided by both the core and 'usurper'"):
        order(service("usurper", Given), wanted=(Given,))


def test_a_cycle_is_told_as_a_path() -> None:
    with pytest.raises(ChorusError, match=r"in a cycle: \w -> \w -> \w"):
        order(service("a", A, B), service("b", B, A), wanted=(A,))


def test_what_may_crash_and_be_left_out_must_not_be_needed_by_anybody() -> None:
    frail = replace(service("a", A), on_crash="leave")
    with pytest.raises(ChorusError, match=r"'a' is to go on after a crash, but 'b' needs it"):
        plan([frail, service("b", B, optional=(A,))], (B,), ())
    assert [s.name for s in plan([frail], (A,), ())] == ["a"]


def test_an_optional_wish_is_met_when_it_can_be() -> None:
    services = [service("a", A), service("b", B)]
    assert [s.name for s in plan(services, (A,), (), optional=(B, C))] == ["a", "b"]
