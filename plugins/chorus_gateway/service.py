"""The gateway as a service. It is imported for the first agent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chorus_hooks.agent import AgentBench, Agents, Models
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.reasoner import Ending
from chorus_hooks.service import Capabilities, Service


class DeferredAgents:
    """Implements `chorus_hooks.agent.Agents`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def work(self, assignment: Assignment, bench: AgentBench, report: Report) -> Ending:
        """As the gateway does."""
        from chorus_gateway.agents import GatewayAgents

        return await GatewayAgents(self._models).work(assignment, bench, report)


def gateway_service() -> Service:
    """What the plugin registers."""

    @asynccontextmanager
    async def gateway(capabilities: Capabilities) -> AsyncIterator[object]:
        yield DeferredAgents(capabilities.get(Models))

    return Service("gateway", Agents, gateway, requires=(Models,))
