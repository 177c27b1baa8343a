"""The page of metrics, from what a node writes and what the plugins register."""

import re
from collections.abc import Iterator
from typing import cast

from chorus.registry import Registry
from chorus_hooks.contributions import Contributions
from chorus_hooks.health import HealthReport
from chorus_http.server.metrics import Metrics
from chorus_http.task_outcomes import TaskOutcomes
from contrib.reference.built_in import configuration_of
from contrib.reference.markdown import page, quoted, table

LEAD = """\
`GET /metrics` on the health port, in Prometheus' text format. [Monitor a node](../how-to/monitor.md) uses it.
Labels come from small closed sets: no task id, path or user text is ever in one. Beside these there are the
`process_…` families that all programs with Prometheus' client have."""

_FAMILY = re.compile(r"^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$", re.MULTILINE)
_NOTHING = HealthReport(ready=True, reason="", degraded=(), checks=(), uptime_s=0.0)


def metrics_page(registry: Registry) -> str:
    """The whole page."""
    rows = sorted({*own(), *registered(registry)})
    return page("Metrics", LEAD, table(("family", "kind", "tells"), rows))


def own() -> Iterator[tuple[str, str, str]]:
    """What a node counts itself, read from an empty page of it."""
    written = Metrics("", cast(Contributions, None), TaskOutcomes()).render([], _NOTHING).decode()
    for name, told, kind in _FAMILY.findall(written):
        if name.startswith("chorus_") and not name.endswith("_created"):
            yield quoted(name), kind, told


def registered(registry: Registry) -> Iterator[tuple[str, str, str]]:
    """What the plugins add."""
    for entry in registry.metrics(configuration_of(registry)).values():
        name = entry.value.name
        if entry.value.kind == "counter":
            name = f"{name.removesuffix('_total')}_total"
        yield quoted(name), entry.value.kind, entry.value.help
