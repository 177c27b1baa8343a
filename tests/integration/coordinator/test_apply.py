"""What a task changed goes into the person's repository, all of it or nothing, with the real git."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.coordinator.program import Program

pytestmark = pytest.mark.bwrap


class Repo:
    """A repository with one commit, and another directory in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "sub").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "somebody@example.org")
        self.git("config", "user.name", "Somebody")
        (path / "README").write_text("one\n")
        (path / "sub" / "code.txt").write_text("wrong\n")
        (path / "sub" / "gone.txt").write_text("old\n")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "first")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "state")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def changed(program: Program, source: Path, line: str = "echo right > code.txt; rm gone.txt") -> str:
    """The id of a task that changed a directory."""
    program.run("-q", "run", "--source", str(source), "--", "sh", "-c", line)
    return str(program.tasks()[0]["id"])


def test_a_branch_gets_one_commit_and_nothing_else_changes(program: Program, repo: Repo) -> None:
    task = changed(program, repo.path / "sub")
    (repo.path / "README").write_text("being edited\n")
    told = program.json("task", "apply", task, "--branch", "fix", "--source", str(repo.path / "sub"))
    assert told == {"id": task, "branch": "fix", "commit": repo.git("rev-parse", "fix")}
    assert repo.git("rev-parse", "fix^") == repo.git("rev-parse", "HEAD")
    assert repo.git("diff", "--name-status", "HEAD", "fix").split() == [
        "M",
        "sub/code.txt",
        "D",
        "sub/gone.txt",
    ]
    assert repo.git("show", "fix:sub/code.txt") == "right"
    assert f"Chorus-Task: {task}" in repo.git("log", "-1", "--format=%B", "fix")
    assert repo.git("log", "-1", "--format=%an", "fix") == "Somebody"
    assert repo.git("branch", "--show-current") == "main"
    assert repo.git("status", "--porcelain") == "M README"


def test_without_a_branch_the_files_change(program: Program, repo: Repo) -> None:
    task = changed(program, repo.path / "sub")
    assert program.run("task", "apply", task, "--source", str(repo.path / "sub")).returncode == 0
    assert (repo.path / "sub" / "code.txt").read_text() == "right\n"
    assert not (repo.path / "sub" / "gone.txt").exists()


@pytest.mark.parametrize("branch", [(), ("--branch", "fix")])
def test_changes_that_do_not_fit_change_nothing(
    program: Program, repo: Repo, branch: tuple[str, ...]
) -> None:
    task = changed(program, repo.path / "sub")
    (repo.path / "sub" / "code.txt").write_text("something else\n")
    repo.git("commit", "-q", "-a", "-m", "second")
    done = program.run("task", "apply", task, *branch, "--source", str(repo.path / "sub"))
    assert done.returncode == 5
    assert b"the changes do not fit: patch failed: sub/code.txt:1" in done.stderr
    assert (repo.path / "sub" / "gone.txt").exists()
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("branch", "--format=%(refname:short)") == "main"


def test_a_branch_that_is_there_is_left_alone(program: Program, repo: Repo) -> None:
    task = changed(program, repo.path / "sub")
    repo.git("branch", "fix")
    done = program.run("task", "apply", task, "--branch", "fix", "--source", str(repo.path / "sub"))
    assert (done.returncode, repo.git("rev-parse", "fix")) == (5, repo.git("rev-parse", "main"))
    assert b"there is a branch fix already" in done.stderr


def test_work_that_failed_is_applied_by_force_only(program: Program, repo: Repo) -> None:
    task = changed(program, repo.path / "sub", "echo half > code.txt; exit 3")
    where = ("--source", str(repo.path / "sub"))
    done = program.run("task", "apply", task, *where)
    assert done.returncode == 5
    assert b"did not succeed (exited)" in done.stderr
    assert program.run("task", "apply", task, "--force", *where).returncode == 0
    assert (repo.path / "sub" / "code.txt").read_text() == "half\n"


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "", "HEAD"])
def test_a_name_that_git_would_not_take_is_refused(program: Program, repo: Repo, name: str) -> None:
    task = changed(program, repo.path / "sub")
    done = program.run("task", "apply", task, f"--branch={name}", "--source", str(repo.path / "sub"))
    assert done.returncode == 2, done.stderr


def test_outside_of_a_repository_it_says_so(program: Program, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "code.txt").write_text("wrong\n")
    task = changed(program, tmp_path / "plain", "echo right > code.txt")
    done = program.run("task", "apply", task, "--source", str(tmp_path / "plain"))
    assert (done.returncode, b"is in no git repository" in done.stderr) == (4, True)


def test_a_link_that_leads_out_of_the_repository_is_not_followed(
    program: Program, repo: Repo, tmp_path: Path
) -> None:
    task = changed(program, repo.path / "sub", "mkdir out; echo x > out/file")
    (tmp_path / "elsewhere").mkdir()
    (repo.path / "sub" / "out").symlink_to(tmp_path / "elsewhere")
    done = program.run("task", "apply", task, "--source", str(repo.path / "sub"))
    assert done.returncode == 5
    assert list((tmp_path / "elsewhere").iterdir()) == []
