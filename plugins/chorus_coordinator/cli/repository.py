"""A git repository of the person at the terminal, by its own `git`. Blocks."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chorus_hooks.errors import Conflict, NotFound, Unreachable, UsageError

GIT_S: Final = 120.0
"""A command of git on a large repository takes seconds; one that waits for a person never ends."""


@dataclass(frozen=True)
class Repository:
    """The repository that a directory is in. Patches name files relative to the directory."""

    directory: Path
    top: Path
    prefix: str

    @classmethod
    def at(cls, directory: Path) -> "Repository":
        """The repository of a directory. Raises NotFound when it is in none."""
        told = _git(directory, "rev-parse", "--show-toplevel", "--show-prefix")
        if told.returncode:
            raise NotFound(f"{directory} is in no git repository", hint="name one with --source DIR")
        top, prefix = told.stdout.decode("utf-8", "surrogateescape").split("\n")[:2]
        return cls(directory, Path(top), prefix)

    def apply(self, patch: bytes) -> None:
        """Change the files of the working tree; all of the patch, or nothing of it."""
        self._apply(patch, {})

    def commit(self, patch: bytes, branch: str, message: str) -> str:
        """Make a branch at HEAD with one commit more, and touch neither working tree nor index.

        Returns the commit's id. Raises Conflict when there is such a branch, or the patch does not fit.
        """
        if self._run("check-ref-format", "--branch", branch).returncode:
            raise UsageError(f"{branch!r} is no name for a branch")
        if self._run("show-ref", "--verify", "--quiet", f"refs/heads/{branch}").returncode == 0:
            raise Conflict(f"there is a branch {branch} already", hint="take another name, or delete it")
        with tempfile.TemporaryDirectory(prefix="chorus-index-") as directory:
            index = {"GIT_INDEX_FILE": str(Path(directory) / "index")}
            self._must(["read-tree", "HEAD"], index)
            self._apply(patch, index, "--cached")
            tree = self._must(["write-tree"], index)
        commit = self._must(["commit-tree", "-p", "HEAD", "-F", "-", tree], {}, message.encode())
        # Not made when somebody else made it meanwhile: the old value must be none.
        self._must(["update-ref", f"refs/heads/{branch}", commit, "0" * len(commit)], {})
        return commit

    def _apply(self, patch: bytes, environment: dict[str, str], *options: str) -> None:
        directory = [f"--directory={self.prefix.rstrip('/')}"] if self.prefix else []
        arguments = ["apply", "--whitespace=nowarn", *options, *directory, "-"]
        done = self._run(*arguments, environment=environment, stdin=patch)
        if done.returncode:
            raise Conflict(
                f"the changes do not fit: {_first_line(done.stderr)}",
                hint="go back to what the task worked on, or look at `chorus task diff`",
            )

    def _must(self, arguments: list[str], environment: dict[str, str], stdin: bytes = b"") -> str:
        done = self._run(*arguments, environment=environment, stdin=stdin)
        if done.returncode:
            raise Unreachable(f"git {arguments[0]} failed: {_first_line(done.stderr)}")
        return done.stdout.decode().strip()

    def _run(
        self, *arguments: str, environment: dict[str, str] | None = None, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return _git(self.top, *arguments, environment=environment, stdin=stdin)


def _git(
    directory: Path, *arguments: str, environment: dict[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", **(environment or {})},
            input=stdin,
            capture_output=True,
            timeout=GIT_S,
        )
    except FileNotFoundError:
        raise Unreachable("there is no git here", hint="install git, or use `chorus task diff`") from None
    except subprocess.TimeoutExpired:
        raise Unreachable(f"git {arguments[0]} did not end within {GIT_S:g} s") from None


def _first_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("error: ").removeprefix("fatal: ") if lines else "it does not say why"
