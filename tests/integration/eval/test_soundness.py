"""Every repair task proves something: it fails as it is, and its fix passes. Without sandboxes."""

import pytest

from contrib.eval.check import faults
from contrib.eval.sabotages import SABOTAGES, applies
from contrib.eval.task import LANGUAGES, Task, tasks

ALL = tasks()


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.title)
def test_a_task_fails_as_it_is_and_passes_with_its_fix(task: Task) -> None:
    if task.lacks:
        pytest.skip(f"there is no {task.lacks}")
    assert faults(task) == []


def test_there_are_forty_in_four_languages() -> None:
    count = {language: sum(task.language == language for task in ALL) for language in LANGUAGES}
    assert count == {"python": 16, "javascript": 8, "c": 8, "shell": 8}


@pytest.mark.parametrize("name", SABOTAGES)
def test_every_fraud_has_a_task_to_try_it_on(name: str) -> None:
    assert any(applies(name, task) for task in ALL)
