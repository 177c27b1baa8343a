"""What the engine itself says about containers, asked through its own command line."""

import subprocess

import trio


async def listed(label: str) -> list[str]:
    """`ID STATE` of each container with a label, whatever its state."""
    how = ["--all", "--no-trunc", "--format", "{{.ID}} {{.State}}", "--filter", f"label={label}"]
    return (await docker("ps", *how)).splitlines()


async def gone(label: str, seconds: float = 15.0) -> None:
    """Wait until there is none."""
    with trio.move_on_after(seconds):
        while await listed(label):  # noqa: ASYNC110 - the engine tells nobody
            await trio.sleep(0.02)
        return
    raise AssertionError(f"still there after {seconds} s: {await listed(label)}")


async def docker(*words: str) -> str:
    """One docker command that has to succeed."""
    done = await trio.run_process(["docker", *words], capture_stdout=True, stderr=subprocess.DEVNULL)
    return done.stdout.decode().strip()
