"""`/metrics` in Prometheus' text format: what the API counts itself, and the families of other plugins."""

import logging
from collections.abc import Iterator, Sequence
from typing import Final

import trio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from chorus_hooks.contributions import Contributions
from chorus_hooks.health import HealthReport
from chorus_hooks.metric import Metric, Sample
from chorus_http.task_outcomes import TaskOutcomes

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
READ_S: Final = 2.0
"""For one family of a plugin: Prometheus itself waits 10 s for all."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_log = logging.getLogger("chorus.http")


class Metrics:
    """Counts the requests of both ports, on the island; renders everything."""

    def __init__(self, version: str, contributions: Contributions, outcomes: TaskOutcomes) -> None:
        self._contributions = contributions
        self._registry = CollectorRegistry()
        self._children: dict[tuple[str, str], Histogram] = {}
        self._counted: dict[tuple[str, str, int], Counter] = {}
        ProcessCollector(registry=self._registry)
        build = Gauge("chorus_build_info", "What runs: always 1", ["version"], registry=self._registry)
        build.labels(version).set(1)
        self._requests = Counter(
            "chorus_http_requests",
            "Requests by method, template of the route, and status (499: the client went away)",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "chorus_http_request_duration_seconds",
            "From the request's head to the end of its answer; streams count until they end",
            ["method", "route"],
            registry=self._registry,
            buckets=_BUCKETS_S,
        )
        self._under_way = Gauge(
            "chorus_http_requests_in_progress", "Requests without their whole answer", registry=self._registry
        )
        self.connections = Gauge(
            "chorus_http_connections", "Open connections by port", ["port"], registry=self._registry
        )
        self.streams = Gauge("chorus_http_streams", "Open streams of events", registry=self._registry)
        self._registry.register(_Outcomes(outcomes))

    def begun(self) -> None:
        """One more request is under way."""
        self._under_way.inc()

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """It has its answer."""
        method = method if method in _METHODS else "other"
        self._under_way.dec()
        counter = self._counted.get((method, route, status))
        if counter is None:
            counter = self._requests.labels(method, route, str(status))
            self._counted[method, route, status] = counter
        counter.inc()
        timed = self._children.get((method, route))
        if timed is None:
            timed = self._children[method, route] = self._seconds.labels(method, route)
        timed.observe(seconds)

    async def contributed(self) -> list[Family]:
        """In trio: what the plugins' families hold now. One that cannot be read is left out and logged."""
        families = []
        for metric in self._contributions.metrics():
            try:
                with trio.fail_after(READ_S):
                    samples = await metric.read(self._contributions.capabilities(metric.requires))
                families.append(_family(metric, samples))
            except Exception:
                _log.exception("the metric %s cannot be read", metric.name)
        return families

    def render(self, families: Sequence[Family], report: HealthReport) -> bytes:
        """All of it, as text."""
        once = CollectorRegistry(auto_describe=False)
        once.register(_Given([*_health(report), *families]))
        return generate_latest(self._registry) + generate_latest(once)


class _Given(Collector):
    """Families that were read already."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> list[Family]:
        return self._families


class _Outcomes(Collector):
    """How tasks ended."""

    def __init__(self, outcomes: TaskOutcomes) -> None:
        self._outcomes = outcomes

    def collect(self) -> Iterator[Family]:
        ended = CounterMetricFamily(
            "chorus_tasks_ended", "Tasks that ended here, by state and reason", labels=["state", "reason"]
        )
        for labels, count in sorted(self._outcomes.ended().items()):
            ended.add_metric(labels, count)
        yield ended
        buckets, total = self._outcomes.durations()
        yield HistogramMetricFamily(
            "chorus_task_duration_seconds",
            "From the submission of a task to its end",
            buckets=buckets,
            sum_value=total,
        )


def _health(report: HealthReport) -> list[Family]:
    checks = GaugeMetricFamily("chorus_health_check_ok", "0 while a check fails", labels=["check"])
    for check in report.checks:
        checks.add_metric([check.name], float(check.finding.status != "failed"))
    return [
        GaugeMetricFamily("chorus_ready", "1 while the node should be given work", value=float(report.ready)),
        GaugeMetricFamily("chorus_degraded", "How many things are wrong", value=len(report.degraded)),
        GaugeMetricFamily("chorus_uptime_seconds", "Since the node began", value=report.uptime_s),
        checks,
    ]


def _family(metric: Metric, samples: Sequence[Sample]) -> Family:
    labels = sorted({name for sample in samples for name in sample.labels})
    family: CounterMetricFamily | GaugeMetricFamily
    if metric.kind == "counter":
        family = CounterMetricFamily(metric.name, metric.help, labels=labels)
    else:
        family = GaugeMetricFamily(metric.name, metric.help, labels=labels)
    values = {tuple(sample.labels.get(name, "") for name in labels): sample.value for sample in samples}
    if len(values) != len(samples):
        raise ValueError(
            "two samples have the same labels"
        )  # for which Prometheus would refuse the whole page
    for label_values, value in values.items():
        family.add_metric(label_values, value)
    return family
