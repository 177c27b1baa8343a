"""The files that judge the work, by language: tests, and what decides whether and how tests run. Pure.

In a goal task they are put back before `verify`, unless the task allows changes of tests. Globs are written
as in .gitignore.
"""

from typing import Final

from chorus_executor.conductors import conductors
from chorus_hooks.task import TaskDocument

CI: Final = (
    "/.github/",
    "/.gitlab-ci.yml",
    "/.circleci/",
    "/.forgejo/",
    "/.gitea/",
    "/.woodpecker*",
    "/.travis.yml",
    "/azure-pipelines.yml",
    "/Jenkinsfile",
    "/.pre-commit-config.yaml",
)

ANYWHERE: Final = ("tests/", "test/", "testing/", "testdata/", "__tests__/", "spec/", "specs/")

# Files that a test runner obeys count too: with one of them a test is left out, or said to have passed.
# So do names that stand before the runner itself, and programs that are built from tests.
BY_LANGUAGE: Final = {
    "python": (
        "test_*.py",
        "*_test.py",
        "conftest.py",
        "pytest.ini",
        "tox.ini",
        "noxfile.py",
        "sitecustomize.py",
        "usercustomize.py",
        "*.pth",
        "unittest.py",
        "unittest/",
        "pytest.py",
        "pytest/",
        "_pytest/",
    ),
    "javascript": (
        "*.test.*",
        "*.spec.*",
        "__mocks__/",
        "__snapshots__/",
        "jest.config.*",
        "vitest.config.*",
        "playwright.config.*",
        "karma.conf.*",
        ".mocharc*",
    ),
    "go": ("*_test.go",),
    "rust": ("/benches/",),
    "java": ("*Test.java", "*Tests.java", "*IT.java", "Test*.java"),
    "c": ("test_*", "*_test", "*_test.c", "check_*.c", "CTestTestfile.cmake"),
    "cpp": ("test_*", "*_test", "*_test.cc", "*_test.cpp", "CTestTestfile.cmake"),
    "ruby": ("*_test.rb", "*_spec.rb", "test_*.rb", ".rspec"),
    "shell": ("*.bats", "test_*.sh", "*_test.sh", "test.sh"),
}
_AS: Final = {"typescript": "javascript"}


def judges(document: TaskDocument, language: str) -> tuple[str, ...]:
    """What is put back before `verify`: what the task protects, and in a goal task the judges.

    The globs of the task come last, so `!Makefile` there takes one of ours back.
    """
    if document.kind != "goal" or document.allow_test_changes:
        return document.protect
    of_language = BY_LANGUAGE.get(_AS.get(language, language), ())
    return (*ANYWHERE, *of_language, *CI, *conductors(document.verify), *document.protect)
