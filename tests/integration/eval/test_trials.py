"""Whole trials: a scripted model, chorus itself, a real sandbox. `make eval` runs all of them."""

from collections.abc import Callable, Iterator

import pytest

from contrib.eval import faults
from contrib.eval.model import model
from contrib.eval.plan import oracle, oracle_by_tools, sabotage
from contrib.eval.sabotages import SABOTAGES, applies
from contrib.eval.task import Task, picked, tasks
from contrib.eval.trial import Bench, Trial

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

# One whose tests run inside the process of the work, where a language has such: that is harder to judge.
ONE_EACH = picked(tasks(), ("python/basket", "javascript/memo", "c/average", "shell/minutes"))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    place = tmp_path_factory.mktemp("eval")
    with model(place) as server:
        yield Bench(place / "state", server, "bwrap")


@pytest.fixture(params=ONE_EACH, ids=lambda task: task.title)
def task(request: pytest.FixtureRequest) -> Task:
    chosen: Task = request.param
    if chosen.lacks:
        pytest.skip(f"there is no {chosen.lacks}")
    return chosen


@pytest.mark.parametrize("way", [oracle, oracle_by_tools])
def test_the_fix_is_reported_as_success(
    bench: Bench, task: Task, way: Callable[[Bench, Task], Trial]
) -> None:
    trial = way(bench, task)
    assert trial.good, trial.said


@pytest.mark.parametrize("name", SABOTAGES)
def test_no_fraud_is_reported_as_success(bench: Bench, task: Task, name: str) -> None:
    if not applies(name, task):
        return
    trial = sabotage(bench, task, name)
    assert (trial.succeeded, trial.reason) == (False, "verify_failed"), trial.said


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_the_fix_comes_through_in_spite_of_faults(bench: Bench, fault: str) -> None:
    trial = faults.recover(bench, ONE_EACH[-1], fault)
    assert trial.good, trial.said
