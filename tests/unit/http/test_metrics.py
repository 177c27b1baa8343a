"""`/metrics`: the text is what Prometheus reads, and no stranger can make it grow."""

import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.health import CheckReport, Finding, HealthReport
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.task import Task, TaskDocument
from chorus_http.server.metrics import READ_S, Metrics
from chorus_http.task_outcomes import BOUNDS_S, TaskOutcomes
from tests.unit.http.served import head, served

Read = Callable[[Any], Awaitable[Sequence[Sample]]]
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]

LABEL = r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"'
LINE = re.compile(rf"([a-zA-Z_:][\w:]*)(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (\S+)", re.ASCII)
WILD = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\n'), max_size=8)
REPORT = HealthReport(True, "", (), (CheckReport("disk", Finding("ok", "41 GB free"), True, 0.1, ""),), 12.0)


class Contributed:
    """Implements `chorus_hooks.contributions.Contributions`."""

    def __init__(self, *metrics: Metric) -> None:
        self._metrics = metrics

    def routes(self) -> tuple[()]:
        return ()

    def metrics(self) -> tuple[Metric, ...]:
        return self._metrics

    def capabilities(self, requires: object) -> Any:
        return None


def metric(name: str, *samples: Sample, kind: Any = "gauge", read: Read | None = None) -> Metric:
    async def given(capabilities: Any) -> Sequence[Sample]:
        return samples

    return Metric(name, kind, "What it is:\na \\ of two lines", read or given)


def parse(text: str) -> Series:
    """Prometheus' text exposition format, version 0.0.4: each series once, under one TYPE of its family."""
    series: Series = {}
    families: list[str] = []
    assert text.endswith("\n")
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# TYPE "):
            families.append(line.split()[2])
        elif not line.startswith("# HELP "):
            match = LINE.fullmatch(line)
            assert match, line
            labels = frozenset((name, unescaped(value)) for name, value in re.findall(LABEL, match[2] or ""))
            assert re.sub("_(bucket|sum|count|created)$", "", match[1]) in families or match[1] in families
            assert (match[1], labels) not in series, line
            series[match[1], labels] = float(match[match.re.groups])
    assert len(families) == len(set(families))
    return series


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value)


def of(series: Series, name: str) -> dict[frozenset[tuple[str, str]], float]:
    return {labels: value for (found, labels), value in series.items() if found == name}


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


async def rendered(metrics: Metrics) -> Series:
    return parse(metrics.render(await metrics.contributed(), REPORT).decode())


def read_now(*contributed: Metric) -> Series:
    return trio.run(rendered, Metrics("1.2.3", Contributed(*contributed), TaskOutcomes()))


def test_what_a_node_always_says_is_there() -> None:
    series = read_now()
    assert of(series, "chorus_build_info") == {labelled(version="1.2.3"): 1.0}
    assert of(series, "chorus_ready") == {labelled(): 1.0}
    assert of(series, "chorus_health_check_ok") == {labelled(check="disk"): 1.0}
    assert of(series, "process_resident_memory_bytes")[labelled()] > 0


async def test_whatever_strangers_ask_the_series_stay_few_and_each_request_is_counted(tmp_path: Path) -> None:
    metrics = Metrics("1", Contributed(), TaskOutcomes())
    chance = random.Random(4711)
    async with served(tmp_path, counting=metrics) as node:
        peer = await node.dial()
        for number in range(300):
            method = chance.choice(["GET", "POST", "BREW", f"M{number}"])
            path = chance.choice([f"/quick/{number}", f"/{number}", f"/quick?{number}", "/length"])
            await peer.send(head(method, path, "Content-Length: 0"))
            await peer.answer()
        series = parse(metrics.render([], REPORT).decode())
        counted = of(series, "chorus_http_requests_total")
        assert sum(counted.values()) == 300
        assert of(series, "chorus_http_requests_in_progress") == {labelled(): 0.0}
        routes = {dict(labels)["route"] for labels in counted}
        assert routes == {"/quick/{id}", "/length", "unmatched"}
        assert {dict(labels)["method"] for labels in counted} == {"GET", "POST", "other"}


@given(st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), WILD, max_size=3))
def test_a_label_comes_back_whatever_is_in_it(labels: Mapping[str, str]) -> None:
    series = read_now(metric("chorus_odd", Sample(4.5, labels)))
    assert of(series, "chorus_odd") == {labelled(**labels): 4.5}


def test_samples_with_different_labels_are_one_family_and_a_counter_ends_with_total() -> None:
    samples = (Sample(1, {"a": "x"}), Sample(2, {"b": "y"}), Sample(3))
    series = read_now(metric("chorus_mixed_total", *samples, kind="counter"))
    assert sorted(of(series, "chorus_mixed_total").values()) == [1.0, 2.0, 3.0]


async def failing(capabilities: Any) -> Sequence[Sample]:
    raise OSError("the engine is gone")


async def hanging(capabilities: Any) -> Sequence[Sample]:
    await trio.sleep_forever()
    raise AssertionError


async def doubling(capabilities: Any) -> Sequence[Sample]:
    return Sample(1, {"a": "x"}), Sample(2, {"a": "x"})


@pytest.mark.parametrize("read", [failing, hanging, doubling])
def test_a_family_that_cannot_be_read_is_left_out_and_logged_and_the_others_are_there(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics(
        "1", Contributed(metric("chorus_bad", read=read), metric("chorus_good", Sample(1))), TaskOutcomes()
    )
    clock = trio.testing.MockClock(autojump_threshold=0)
    began = clock.current_time()
    series = trio.run(rendered, metrics, clock=clock)
    assert clock.current_time() - began <= READ_S
    assert of(series, "chorus_good") == {labelled(): 1.0}
    assert not of(series, "chorus_bad")
    assert "chorus_bad" in caplog.text


@given(st.lists(st.integers(-10, 100_000) | st.sampled_from([1, 5, 15, 60, 14400]), max_size=20))
def test_ended_tasks_are_counted_in_cumulative_buckets(seconds: list[int]) -> None:
    outcomes = TaskOutcomes()
    for took in seconds:
        outcomes.changed(ended(took))
    series = parse(Metrics("1", Contributed(), outcomes).render([], REPORT).decode())
    buckets = {
        dict(labels)["le"]: count
        for labels, count in of(series, "chorus_task_duration_seconds_bucket").items()
    }
    real = [max(0, took) for took in seconds]
    for bound in BOUNDS_S:
        assert buckets[f"{bound:g}"] == sum(took <= bound for took in real)
    assert buckets["+Inf"] == len(seconds)
    assert of(series, "chorus_task_duration_seconds_count") == {labelled(): len(seconds)}
    assert of(series, "chorus_task_duration_seconds_sum") == {labelled(): sum(real)}
    assert sum(of(series, "chorus_tasks_ended_total").values()) == len(seconds)


def ended(took: int) -> Task:
    begun = datetime(2026, 11, 25, 9, 21, tzinfo=UTC)
    return Task(
        id="0" * 32,
        document=TaskDocument(commands=("true",)),
        state="cancelled",
        attempt=1,
        submitted_at=begun.isoformat(),
        ended_at=(begun + timedelta(seconds=took)).isoformat(),
    )
