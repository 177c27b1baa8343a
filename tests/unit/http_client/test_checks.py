"""The checks of a running node, as `chorus doctor` reads them."""

from dataclasses import asdict

import pytest

from chorus_hooks.errors import ChorusError
from chorus_hooks.health import CheckReport, Finding
from chorus_http.client.checks import RemoteChecks
from tests.unit.http_client.scripted import node
from tests.unit.http_client.test_peers import says

REPORT = CheckReport(
    "peers", Finding("warning", "none of them answers", "look"), False, 0.1, "2026-11-28T12:00:00Z"
)


def form(report: CheckReport) -> dict[str, object]:
    fields = asdict(report)
    return {**fields, **fields.pop("finding")}


async def test_the_checks_are_read() -> None:
    async with node(says({"checks": [{**form(REPORT), "later": 1}], "more": 1})) as (scripted, connection):
        assert await RemoteChecks(connection).reports() == (REPORT,)
    assert scripted.seen[0].target == "/api/v1/checks"


@pytest.mark.parametrize("document", [{}, {"checks": 7}, {"checks": [7]}, {"checks": [{"name": "x"}]}])
async def test_an_answer_that_is_none_is_told_as_such(document: object) -> None:
    async with node(says(document)) as (_, connection):
        with pytest.raises(ChorusError, match="tells of no checks"):
            await RemoteChecks(connection).reports()
