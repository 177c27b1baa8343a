"""A contribution gets what it asked for, once the node is up; one that asks in vain is left out."""

import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from chorus.config import read as read_config
from chorus.contributions import NodeContributions
from chorus.plugins import PluginHost
from chorus.registry import Registry
from chorus.supervisor import Supervisor
from chorus_hooks import hookimpl
from chorus_hooks.errors import Unreachable
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.service import Capabilities


class Radio: ...


class Point:
    name = "radio"

    def load(self) -> ModuleType:
        module = ModuleType("radio")
        module.chorus_register_metrics = chorus_register_metrics  # type: ignore[attr-defined]
        return module


async def read(_: Capabilities) -> list[Sample]:
    return [Sample(1.0)]


@hookimpl
def chorus_register_metrics(register: Callable[[Metric], None]) -> None:
    register(Metric("chorus_plain", "gauge", "Needs nothing", read))
    register(Metric("chorus_radio", "gauge", "Needs a radio", read, requires=(Radio,)))


def contributions(*provided: type[Any]) -> NodeContributions:
    plugins = PluginHost([(Point(), "third", "1.0")])  # type: ignore[list-item]
    return NodeContributions(Registry(plugins), read_config((), {}), provided)


def test_what_nobody_can_feed_is_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert [metric.name for metric in contributions().metrics()] == ["chorus_plain"]
    assert "chorus_radio of plugin radio needs Radio" in caplog.text
    assert len(contributions(Radio).metrics()) == 2


def test_capabilities_are_handed_out_when_the_node_is_up() -> None:
    offered, radio = contributions(Radio), Radio()
    with pytest.raises(Unreachable, match="starting"):
        offered.capabilities((Radio,))
    offered.open(Supervisor([], {Radio: radio}).capabilities)
    assert offered.capabilities((Radio,)).get(Radio) is radio
