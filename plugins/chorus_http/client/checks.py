"""The checks of a running node."""

from typing import Any

import msgspec

from chorus_hooks.errors import ChorusError
from chorus_hooks.health import CheckReport, Finding, Status
from chorus_http.client.connection import Connection


class _Form(msgspec.Struct):
    name: str
    status: Status
    text: str
    cure: str
    gates: bool
    took_s: float
    at: str


class RemoteChecks:
    """Implements `chorus_hooks.health.Checks` at a node."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def reports(self) -> tuple[CheckReport, ...]:
        """The newest of each."""
        document = await self._connection.get("checks")
        try:
            return tuple(map(_report, document["checks"]))
        except (msgspec.ValidationError, LookupError, TypeError) as error:
            raise ChorusError(
                f"the node's answer tells of no checks: {error}", hint="is this CHORUS older than the node?"
            ) from None


def _report(fields: Any) -> CheckReport:
    form = msgspec.convert(fields, _Form)
    finding = Finding(form.status, form.text, form.cure)
    return CheckReport(form.name, finding, form.gates, form.took_s, form.at)
