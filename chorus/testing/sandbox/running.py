"""A command runs as it would anywhere: streams, codes, workspace, environment."""

import os
import tempfile

import pytest
import trio

from chorus.testing.sandbox.bench import MIB, Transcript, opened, run, sh, tarball
from chorus_hooks.errors import ChorusError
from chorus_hooks.output import STDERR, STDOUT
from chorus_hooks.sandbox import DATA, INPUT, OUTPUT, Sandbox


class RunningPromises:
    """Commands, streams, exit codes and the workspace."""

    async def test_a_command_runs_and_its_streams_are_kept_apart(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """stdout, stderr and the exit code arrive as they were."""
        transcript = Transcript()
        async with opened(sandbox, image) as box:
            ended = await sh(box, "echo out; echo err >&2; exit 3", sink=transcript)
        assert (ended.reason, ended.code) == ("exited", 3)
        assert transcript.of(STDOUT) == b"out\n"
        assert transcript.of(STDERR) == b"err\n"
        assert ended.exit.output_bytes == 8

    @pytest.mark.parametrize("code", [0, 1, 2, 124, 125, 126, 127, 137, 255])
    async def test_every_exit_code_is_its_own(self, sandbox: Sandbox, image: str | None, code: int) -> None:
        """No code means something to the sandbox: a program may return any."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, f"exit {code}")
        assert (ended.reason, ended.code) == ("exited", code)

    async def test_a_command_killed_by_a_signal_ends_with_128_and_its_number(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """It was not a limit that ended it, so the reason is still `exited`."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, "sh -c 'kill -SEGV $$'; exit $?")
            straight = await sh(box, "kill -KILL $$")
        assert (ended.reason, ended.code) == ("exited", 139)
        assert (straight.reason, straight.code) == ("exited", 137)

    async def test_a_missing_program_ends_with_127(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 38, as a shell says it."""
        async with opened(sandbox, image) as box:
            named = await run(box, "no-such-program-here")
            path = await run(box, "/no/such/program", "x")
        assert (named.reason, named.code) == ("exited", 127)
        assert (path.reason, path.code) == ("exited", 127)

    async def test_a_file_that_is_no_program_ends_with_126(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 38: there, but not executable."""
        async with opened(sandbox, image) as box:
            assert (await sh(box, "echo hello > plain; chmod 644 plain")).code == 0
            ended = await run(box, "./plain")
        assert (ended.reason, ended.code) == ("exited", 126)

    async def test_a_missing_directory_is_the_commands_own_failure(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """The box stays usable."""
        async with opened(sandbox, image) as box:
            ended = await run(box, "true", cwd=f"{DATA}/no/such/place")
            assert ended.reason == "exited"
            assert ended.code in (126, 127)
            assert (await run(box, "true")).code == 0

    async def test_an_argv_is_not_touched_by_a_shell(self, sandbox: Sandbox, image: str | None) -> None:
        """Spaces, quotes, dollars, newlines, empty words, leading dashes."""
        words = ["a b", "'", '"', "$HOME", "`id`", "*", "", "-n", "--", "é\n\t", "\\"]
        async with opened(sandbox, image) as box:
            ended = await run(box, "sh", "-c", 'for w in "$@"; do printf "<%s>" "$w"; done', "x", *words)
        assert ended.out == "".join(f"<{word}>" for word in words)

    async def test_the_environment_is_given_and_nothing_else_of_this_process(
        self, sandbox: Sandbox, image: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Case 32: a variable of the node is seen nowhere, a variable of the task is."""
        monkeypatch.setenv("CHORUS_CANARY", "leaked-canary")
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                'printf "%s|" "$GREETING" "$HOME"; env; cat /proc/[0-9]*/environ 2>/dev/null',
                env={"GREETING": "hello $world\n'é'"},
            )
        assert ended.out.startswith(f"hello $world\n'é'|{DATA}|")
        assert "CANARY" not in ended.out

    async def test_a_task_may_set_path_and_home_itself(self, sandbox: Sandbox, image: str | None) -> None:
        """What the task asks for wins."""
        async with opened(sandbox, image) as box:
            ended = await run(
                box, "/bin/sh", "-c", "echo $PATH $HOME", env={"PATH": "/x:/bin", "HOME": "/nowhere"}
            )
        assert ended.out == "/x:/bin /nowhere\n"

    async def test_it_runs_in_data_unless_told_otherwise(self, sandbox: Sandbox, image: str | None) -> None:
        """The working directory is DATA; `cwd` names another one."""
        async with opened(sandbox, image) as box:
            assert (await run(box, "pwd")).out == f"{DATA}\n"
            assert (await run(box, "pwd", cwd=OUTPUT)).out == f"{OUTPUT}\n"

    async def test_the_source_is_read_only_in_input_and_writable_in_data(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Two copies: one to look at, one to work on and to execute."""
        source = {"a.txt": b"a\n", "deep/er/b.txt": b"b\n", "go.sh": b"#!/bin/sh\necho went $1\n"}
        async with opened(sandbox, image, input_size=MIB, input_files=3) as box:
            with tarball(source) as archive:
                await box.put(archive)
            ended = await sh(
                box,
                f"cat {INPUT}/a.txt {INPUT}/deep/er/b.txt deep/er/b.txt; ./go.sh there; echo new > a.txt;"
                f"for try in 'echo x > {INPUT}/a.txt' 'touch {INPUT}/c' 'rm -f {INPUT}/a.txt'"
                f' \'chmod 777 {INPUT}\'; do sh -c "$try" 2>/dev/null && echo "did $try"; done;'
                f" cat {INPUT}/a.txt",
            )
        assert ended.out == "a\nb\nb\nwent there\na\n"

    async def test_without_a_source_the_workspace_is_empty(self, sandbox: Sandbox, image: str | None) -> None:
        """Three directories, nothing in them."""
        async with opened(sandbox, image) as box:
            ended = await sh(
                box, f"for d in {INPUT} {DATA} {OUTPUT}; do [ -d $d ] && ls -A $d; done; echo end"
            )
        assert ended.out == "end\n"

    async def test_a_source_that_is_no_tar_is_refused(self, sandbox: Sandbox, image: str | None) -> None:
        """An error for a person, not a crash."""
        async with opened(sandbox, image, input_size=MIB) as box:
            with tempfile.TemporaryFile() as garbage:
                garbage.write(b"this is no archive" * 1000)
                garbage.seek(0)
                with pytest.raises(ChorusError):
                    await box.put(garbage)

    async def test_commands_share_the_workspace_one_after_the_other(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """What one command wrote, the next one finds."""
        async with opened(sandbox, image) as box:
            await sh(box, f"echo one > kept; echo two > {OUTPUT}/kept; echo three > /tmp/kept")
            ended = await sh(box, f"cat kept {OUTPUT}/kept /tmp/kept")
        assert ended.out == "one\ntwo\nthree\n"

    async def test_boxes_share_nothing(self, sandbox: Sandbox, image: str | None) -> None:
        """A second box, at the same moment, is another place."""
        async with opened(sandbox, image) as one, opened(sandbox, image) as two:
            await sh(one, "echo mine > secret; echo mine > /tmp/secret")
            ended = await sh(two, "cat secret /tmp/secret 2>/dev/null; ls -A /tmp")
        assert "secret" not in ended.out
        assert "mine" not in ended.out

    async def test_stdin_is_empty_unless_given(self, sandbox: Sandbox, image: str | None) -> None:
        """A program that reads it sees the end at once."""
        async with opened(sandbox, image) as box:
            assert (await run(box, "cat", timeout_s=10)).reason == "exited"

    async def test_stdin_may_be_a_file(self, sandbox: Sandbox, image: str | None) -> None:
        """All of it arrives, unchanged."""
        content = bytes(range(256)) * 2048
        async with opened(sandbox, image) as box:
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.seek(0)
                ended = await run(box, "wc", "-c", stdin=file)
        assert ended.out.split() == [str(len(content))]

    async def test_stdin_may_be_a_pipe(self, sandbox: Sandbox, image: str | None) -> None:
        """What a writer sends while the command runs arrives, and its end too."""
        reading, writing = os.pipe()
        async with opened(sandbox, image) as box, trio.open_nursery() as nursery:
            transcript = Transcript()

            async def write() -> None:
                os.write(writing, b"first\n")
                await transcript.came.wait()
                os.write(writing, b"second\n")
                os.close(writing)

            nursery.start_soon(write)
            with os.fdopen(reading, "rb", buffering=0) as stdin:
                ended = await run(box, "cat", stdin=stdin, sink=transcript)
        assert ended.code == 0
        assert transcript.of(STDOUT) == b"first\nsecond\n"

    async def test_stdin_may_be_a_terminal_and_stays_out_of_reach(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """What is typed arrives, but the task holds no terminal: it could write to it, or type into it."""
        keyboard, terminal = os.openpty()
        os.write(keyboard, b"typed\n\x04")
        async with opened(sandbox, image) as box:
            with os.fdopen(terminal, "rb", buffering=0) as stdin:
                program = (
                    "read line; echo $line; [ -t 0 ] && echo terminal; (: < /dev/tty) 2>/dev/null && echo tty"
                )
                ended = await sh(box, program, stdin=stdin, timeout_s=20)
        os.close(keyboard)
        assert ended.out == "typed\n"

    async def test_stdin_that_nobody_reads_holds_nothing_up(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 39: a feeder that is full, and one whose sender never closes."""
        reading, writing = os.pipe()
        async with opened(sandbox, image) as box:
            with tempfile.TemporaryFile() as big:
                big.truncate(8 * MIB)
                assert (await run(box, "true", stdin=big)).code == 0
            with os.fdopen(reading, "rb", buffering=0) as silent, os.fdopen(writing, "wb", buffering=0):
                ended = await run(box, "true", stdin=silent, timeout_s=20)
        assert (ended.reason, ended.code) == ("exited", 0)
        assert ended.seconds < 10

    async def test_stdin_is_not_a_way_back_into_the_file(self, sandbox: Sandbox, image: str | None) -> None:
        """Opening /dev/stdin again for writing must not change a file of the host."""
        with tempfile.NamedTemporaryFile() as file:
            os.fchmod(file.fileno(), 0o666)  # even where the task's user might write
            file.write(b"untouched")
            file.seek(0)
            async with opened(sandbox, image) as box:
                await sh(
                    box,
                    "for f in /dev/stdin /proc/self/fd/0; do (echo changed > $f) 2>/dev/null; done",
                    stdin=file,
                )
            file.seek(0)
            assert file.read() == b"untouched"
