"""Which language a source is in, and the reason that is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_executor.language import LANGUAGES, Detection, SourceFile, detect, interpreter
from chorus_hooks.errors import UsageError
from chorus_hooks.task import Action


def found(
    *paths: str, commands: tuple[Action, ...] = (), explicit: str = "auto", workdir: str = ".", **heads: bytes
) -> Detection:
    files = [SourceFile(path, 100, executable=path in heads) for path in paths]
    return detect(explicit, files, lambda path: heads.get(path, b""), commands, workdir=workdir)


@pytest.mark.parametrize(
    ("paths", "language", "why"),
    [
        (["pyproject.toml", "a.js", "b.js"], "python", "pyproject.toml is there"),
        (["requirements.txt"], "python", "requirements.txt is there"),
        (["package.json", "x.py"], "javascript", "package.json is there"),
        (["package.json", "tsconfig.json"], "typescript", "tsconfig.json is there"),
        (["go.mod"], "go", "go.mod is there"),
        (["Cargo.toml"], "rust", "Cargo.toml is there"),
        (["pom.xml"], "java", "pom.xml is there"),
        (["build.gradle.kts"], "java", "build.gradle.kts is there"),
        (["Gemfile"], "ruby", "Gemfile is there"),
        (["CMakeLists.txt", "a.c"], "c", "CMakeLists.txt is there"),
        (["CMakeLists.txt", "a.cpp", "b.c"], "cpp", "CMakeLists.txt is there"),
        (["sub/Cargo.toml", "package.json"], "javascript", "package.json is there"),
        (["sub/Cargo.toml", "a.py"], "rust", "sub/Cargo.toml is there"),
        (["a/b/c/d/go.mod", "a.py"], "python", "100 % of the code is Python"),
        (["node_modules/x/package.json", "a.py"], "python", "100 % of the code is Python"),
        (["Makefile", "a.c", "a.h"], "c", "100 % of the code is C"),
        (["a.hpp", "b.c", "c.c"], "cpp", "100 % of the code is C++"),
        (["a.py", "b.py", "c.sh"], "python", "67 % of the code is Python"),
        (["run.sh"], "shell", "100 % of the code is shell"),
        (["README.md", "LICENSE"], "shell", "nothing says otherwise"),
        ([], "shell", "nothing says otherwise"),
    ],
)
def test_files_decide(paths: list[str], language: str, why: str) -> None:
    assert found(*paths) == Detection(language, why)


def test_what_the_task_says_beats_everything() -> None:
    assert found("Cargo.toml", explicit="Python") == Detection("python", "the task says so")


@pytest.mark.parametrize(
    ("alias", "language"), [("ts", "typescript"), ("C++", "cpp"), ("bash", "shell"), ("Node", "javascript")]
)
def test_other_names_are_understood(alias: str, language: str) -> None:
    assert found(explicit=alias).language == language


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="unknown language 'cobol'") as caught:
        found(explicit="cobol")
    assert "ruby" in caught.value.hint


def test_the_command_decides_between_manifests_in_one_directory() -> None:
    paths = ("pyproject.toml", "package.json")
    assert found(*paths, commands=("npm test",)).language == "javascript"
    assert found(*paths, commands=(("python3", "-m", "pytest"),)).language == "python"
    assert found(*paths, commands=("cargo test",)).language == "python"


def test_the_working_directory_is_looked_at_first() -> None:
    paths = ("package.json", "services/api/go.mod")
    assert found(*paths, workdir="services/api") == Detection("go", "go.mod is there")
    assert found(*paths).language == "javascript"
    assert found(*paths, workdir="empty").language == "javascript"


def test_a_shebang_beats_extensions_but_a_shell_one_says_little() -> None:
    assert found("tool", "a.rb", tool=b"#!/usr/bin/env python3\n").language == "python"
    assert found("tool", "a.rb", tool=b"#!/bin/sh\n").language == "ruby"


@pytest.mark.parametrize(
    ("head", "language"),
    [
        (b"#!/usr/bin/python3.11\n", "python"),
        (b"#!/usr/bin/env -S node --harmony\n", "javascript"),
        (b"#! /usr/bin/env PYTHONPATH=. python\n", "python"),
        (b"#!/bin/bash -e", "shell"),
        (b"#!/usr/bin/env ruby\r\n", "ruby"),
        (b"#!", ""),
        (b"#!/usr/bin/awk -f\n", ""),
        (b"\x7fELF", ""),
    ],
)
def test_shebangs(head: bytes, language: str) -> None:
    assert interpreter(head) == language


@pytest.mark.parametrize(
    ("command", "language"),
    [
        ("python3 -c 'print(1)'", "python"),
        ("cd x && cargo test", "rust"),
        (("/usr/bin/node", "a.js"), "javascript"),
        ("g++ -o x x.cc; ./x", "cpp"),
        ("sh run.sh", "shell"),
        ("make", "shell"),
        ("", "shell"),
    ],
)
def test_without_a_source_the_command_decides(command: Action, language: str) -> None:
    assert found(commands=(command,)).language == language


@given(
    st.lists(st.text(st.sampled_from("ab/.pyjsCargo"), min_size=1, max_size=12), max_size=6),
    st.lists(st.text(max_size=20), max_size=3),
    st.binary(max_size=40),
)
def test_any_source_gets_a_known_language(paths: list[str], commands: list[str], head: bytes) -> None:
    files = [SourceFile(path, len(path)) for path in paths]
    assert detect("auto", files, lambda path: head, commands).language in LANGUAGES
