"""Which sandbox is taken, and what is said about it."""

import pytest

from chorus_executor.choice import Choice, NoSandbox, choose
from chorus_hooks.sandbox import Availability
from tests.unit.executor.fakes import ALL_LIMITS, FakeSandbox, FakeSandboxes

IMAGE = "python:3.12-slim"


def docker(**how: object) -> FakeSandbox:
    return FakeSandbox(name="docker", needs_image=True, **how)  # type: ignore[arg-type]


def bwrap(**how: object) -> FakeSandbox:
    return FakeSandbox(name="bwrap", enforces=ALL_LIMITS - {"memory"}, **how)  # type: ignore[arg-type]


DOWN = Availability(False, "the engine does not answer at unix:///var/run/docker.sock", "start it")


async def chosen(
    *sandboxes: FakeSandbox, setting: str = "auto", requires: tuple[str, ...] = (), asked: bool = False
) -> Choice:
    return await choose(FakeSandboxes(*sandboxes), setting, requires, IMAGE, asked=asked)


async def test_the_first_that_works_is_taken() -> None:
    engine = docker()
    choice = await chosen(engine, bwrap())
    assert (choice.sandbox.name, choice.image, choice.why) == ("docker", IMAGE, "docker: it works here")
    assert engine.probed == [IMAGE]


async def test_the_reason_names_what_was_passed_over() -> None:
    local = bwrap()
    choice = await chosen(docker(available=DOWN), local)
    assert choice.why == (
        "bwrap: docker was passed over, the engine does not answer at unix:///var/run/docker.sock"
    )
    assert (choice.image, local.probed) == (None, [None])


async def test_an_image_that_was_asked_for_and_is_not_used_is_told() -> None:
    choice = await chosen(bwrap(), asked=True)
    assert choice.why == f"bwrap: the image {IMAGE} is not used, programs are those of this machine"


async def test_what_nobody_limits_is_told() -> None:
    assert (await chosen(bwrap())).unlimited == ("memory",)


async def test_a_required_limit_passes_over_who_does_not_hold_it() -> None:
    choice = await chosen(bwrap(), docker(), requires=("memory", "pids"))
    assert choice.why == "docker: bwrap was passed over, it does not hold the required memory"


@pytest.mark.parametrize("setting", ["auto", "bwrap"])
async def test_a_required_backend_beats_the_setting(setting: str) -> None:
    choice = await chosen(bwrap(), docker(), setting=setting, requires=("sandbox:docker",))
    assert choice.sandbox.name == "docker"


async def test_a_backend_that_is_set_is_never_replaced_by_another() -> None:
    with pytest.raises(NoSandbox, match=r"docker: the engine does not answer .*\(try: start it\)"):
        await chosen(docker(available=DOWN), bwrap(), setting="docker")


async def test_without_any_all_are_told_with_their_cures() -> None:
    broken = Availability(False, "no user namespaces", "sysctl")
    with pytest.raises(
        NoSandbox, match=r"docker: .*try: start it.*; bwrap: no user namespaces \(try: sysctl\)"
    ):
        await chosen(docker(available=DOWN), bwrap(available=broken))


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        (("gpu",), "does not hold the required gpu"),
        (("sandbox:moon",), "there is no sandbox moon"),
        (("sandbox:docker", "sandbox:bwrap"), "docker and bwrap at once"),
    ],
)
async def test_what_cannot_be_had_is_told(requires: tuple[str, ...], told: str) -> None:
    with pytest.raises(NoSandbox, match=told):
        await chosen(docker(), bwrap(), requires=requires)


async def test_without_plugins_that_is_told() -> None:
    with pytest.raises(NoSandbox, match="no sandbox plugin"):
        await chosen()
