"""A registry is not asked for the same image again and again: it counts that as a pull."""

import pytest
import trio
from trio.testing import MockClock

from chorus_docker import images
from chorus_docker.endpoint import Endpoint
from chorus_docker.registry import MOST, NO_KEPT_S, YES_KEPT_S, Registry

HERE = Endpoint("unix:///x", path="/x")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Asked:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.answer = ""

    async def objection(self, endpoint: Endpoint, name: str) -> str:
        await trio.lowlevel.checkpoint()
        self.names.append(name)
        return self.answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(images, "objection", asked.objection)
    return asked


@pytest.mark.parametrize(("answer", "kept"), [("", YES_KEPT_S), ("no such host", NO_KEPT_S)])
async def test_an_answer_is_kept_for_its_time(asked: Asked, answer: str, kept: float) -> None:
    registry, asked.answer = Registry(), answer
    assert await registry.objection(HERE, "a") == answer
    await trio.sleep(kept - 1)
    assert await registry.objection(HERE, "a") == answer
    assert asked.names == ["a"]
    await trio.sleep(2)
    asked.answer = "another"
    assert await registry.objection(HERE, "a") == "another"


async def test_each_image_has_its_own_answer_and_their_number_is_bounded(asked: Asked) -> None:
    registry = Registry()
    for _ in range(2):
        for number in range(MOST):
            await registry.objection(HERE, str(number))
    assert len(asked.names) == MOST
    await registry.objection(HERE, "one more")
    await registry.objection(HERE, "0")
    assert len(asked.names) == MOST + 2
