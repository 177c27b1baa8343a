"""Which files judge the work: the tests, and what says how they are run."""

import pytest

from chorus_executor.globs import matcher
from chorus_executor.judges import judges
from chorus_hooks.task import Action, TaskDocument


def protected(path: str, *verify: Action, language: str = "python", protect: tuple[str, ...] = ()) -> bool:
    document = TaskDocument(kind="goal", goal="g", verify=verify, protect=protect)
    return matcher(judges(document, language))(path)


@pytest.mark.parametrize(
    ("verify", "path"),
    [
        ("make -s test", "Makefile"),
        ("make test", "GNUmakefile"),
        ("cd sub && make", "sub/Makefile"),
        ("! CANARY=1 /usr/bin/make", "rules/tests.mk"),
        (("make", "test"), "Makefile"),
        (("sh", "-c", "true;make"), "Makefile"),
        ("npm test", "package.json"),
        ("npm test", ".npmrc"),
        ("python3 -m pytest -q", "pyproject.toml"),
        ("python3 -m pytest -q", ".local/lib/python3.11/site-packages/pytest/__init__.py"),
        ("./gradlew check", "build.gradle"),
    ],
)
def test_what_verify_runs_through_is_put_back(verify: Action, path: str) -> None:
    assert protected(path, verify)


@pytest.mark.parametrize(
    ("verify", "path"),
    [
        ("python3 -m unittest", "Makefile"),
        ("node --test", "package.json"),
        ("sh build.sh", "build.sh"),
        ("make test", "src/main.c"),
        ("make test", "makefiles.c"),
    ],
)
def test_what_it_does_not_run_through_may_change(verify: Action, path: str) -> None:
    assert not protected(path, verify)


def test_a_task_may_take_one_back() -> None:
    assert not protected("Makefile", "make test", protect=("!Makefile",))


@pytest.mark.parametrize("path", ["unittest.py", "unittest/__main__.py", "pytest/__init__.py"])
def test_nothing_stands_before_the_runner(path: str) -> None:
    assert protected(path, "python3 -m unittest")


@pytest.mark.parametrize("path", ["test_ring", "src/test_ring.o", "ring_test"])
def test_a_program_built_from_tests_is_built_again(path: str) -> None:
    assert protected(path, "make", language="c")
