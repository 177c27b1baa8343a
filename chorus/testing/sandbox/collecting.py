"""Collecting: what a hostile task leaves behind comes out as data, and only as data."""

import trio

from chorus.testing.sandbox.bench import MIB, collect, opened, sh
from chorus_hooks.sandbox import DATA, OUTPUT, Sandbox

SOON_S = 30.0
"""Far more than collecting a few files takes; a FIFO that was opened would block for ever."""


class CollectingPromises:
    """The tar of DATA and OUTPUT."""

    async def test_both_directories_are_collected_under_their_names(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Members are `data/…` and `output/…`."""
        async with opened(sandbox, image) as box:
            await sh(
                box, f"echo d > d.txt; mkdir {OUTPUT}/sub; echo o > {OUTPUT}/sub/o.txt; : > {OUTPUT}/empty"
            )
            got = await collect(box)
        assert got.whole
        assert got.contents["data/d.txt"] == b"d\n"
        assert got.contents["output/sub/o.txt"] == b"o\n"
        assert got.contents["output/empty"] == b""

    async def test_links_are_collected_as_links(self, sandbox: Sandbox, image: str | None) -> None:
        """Cases 18 to 21: what a link points at is never read on the way out."""
        async with opened(sandbox, image) as box:
            await sh(
                box,
                f"cd {OUTPUT}; ln -s /etc/passwd absolute; ln -s ../../etc/passwd dots; ln -s /etc folder;"
                "echo x > real; ln real twin",
            )
            got = await collect(box)
        for name in ("absolute", "dots", "folder"):
            assert got.members[f"output/{name}"].issym()
        assert not [name for name in got.members if name.startswith("output/folder/")]
        assert b"x\n" in (got.contents.get("output/real"), got.contents.get("output/twin"))

    async def test_a_fifo_does_not_block(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 22."""
        async with opened(sandbox, image) as box:
            assert (await sh(box, f"mkfifo {OUTPUT}/fifo {DATA}/fifo; echo x > {OUTPUT}/zz")).code == 0
            with trio.fail_after(SOON_S):
                got = await collect(box)
        assert got.contents["output/zz"] == b"x\n"
        assert "output/fifo" not in got.contents

    async def test_odd_names_do_not_break_it(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 26: newlines, bytes that are no text, 255 bytes, leading dashes, a deep tree."""
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                f"""cd {OUTPUT} && : > "$(printf 'new\\nline')" && : > "$(printf 'b\\377ad')" && : > ./-rf &&
                : > "$(printf '%0255d' 7)" && i=0; while [ $i -lt 60 ]; do mkdir d; cd d; i=$((i+1)); done;
                : > deep""",
            )
            assert ended.code == 0, ended.err
            got = await collect(box)
        assert got.whole
        assert {"output/new\nline", "output/-rf", "output/" + "7".rjust(255, "0")} <= set(got.members)
        assert "output/" + "d/" * 60 + "deep" in got.members

    async def test_an_unreadable_file_does_not_hide_the_rest(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 27: chmod 000. Either it is collected, or the answer says that something is missing."""
        async with opened(sandbox, image) as box:
            await sh(
                box,
                f"cd {OUTPUT}; echo shut > shut; chmod 000 shut; mkdir closed; echo in > closed/in;"
                "chmod 000 closed; echo good > zz",
            )
            got = await collect(box)
        assert got.contents["output/zz"] == b"good\n"
        if got.whole:
            assert got.contents["output/shut"] == b"shut\n"
            assert got.contents["output/closed/in"] == b"in\n"

    async def test_more_than_allowed_is_cut_and_told(self, sandbox: Sandbox, image: str | None) -> None:
        """The file never grows beyond the cap, and collecting again works."""
        async with opened(sandbox, image) as box:
            await sh(box, f"head -c {4 * MIB} /dev/zero | tr '\\0' x > {OUTPUT}/big; echo small > a")
            got = await collect(box, max_bytes=MIB)
            again = await collect(box)
        assert not got.whole
        assert got.size <= MIB
        assert again.whole
        assert again.members["output/big"].size == 4 * MIB

    async def test_a_sparse_file_does_not_fill_the_disk(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 15: a terabyte of hole comes out small, or is cut at the cap."""
        async with opened(sandbox, image) as box:
            await sh(
                box,
                f"echo x > a; dd if=/dev/zero of={OUTPUT}/hole bs=1 count=1 seek=1099511627776 2>/dev/null",
            )
            with trio.fail_after(SOON_S):
                got = await collect(box, max_bytes=8 * MIB)
        assert got.size <= 8 * MIB

    async def test_collecting_does_not_change_what_is_there(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """It can be done between commands."""
        async with opened(sandbox, image) as box:
            await sh(box, "echo one > file")
            await collect(box)
            ended = await sh(box, "cat file && echo two > file && cat file")
            got = await collect(box)
        assert ended.out == "one\ntwo\n"
        assert got.contents["data/file"] == b"two\n"

    async def test_a_workspace_replaced_by_links_is_still_the_workspace(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Case 20: the task tries to swap its directories for links to somewhere else."""
        async with opened(sandbox, image) as box:
            await sh(
                box,
                f"cd /; rm -rf {OUTPUT} 2>/dev/null; mv {DATA} {DATA}.old 2>/dev/null;"
                f"ln -s /etc {OUTPUT} 2>/dev/null; ln -s /etc {DATA} 2>/dev/null; true",
            )
            got = await collect(box)
        assert "output/passwd" not in got.members
        assert "data/passwd" not in got.members
