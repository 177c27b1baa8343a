"""Records: values that peers keep together, by strict rules."""

import contextlib
from collections.abc import Sequence

import pytest
import trio

from chorus.testing.mesh.bench import PATIENCE_S, Start, cluster, within
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.mesh import Mesh
from chorus_hooks.records import VALUE_LIMIT

KEY = "/conformance/key"
EVERY_S = 0.1


class RecordingPromises:
    """What `Records` promises, in a mesh of a few nodes with nothing switched off."""

    async def test_what_one_puts_the_others_get(self, start: Start) -> None:
        """And it gets it itself."""
        async with cluster(start, 3) as meshes:
            _ruled(meshes)
            await within(meshes[0].records.put(KEY, b"good 1"))
            for mesh in meshes:
                assert await _found(mesh, b"good 1")

    async def test_the_newer_of_two_values_wins_everywhere(self, start: Start) -> None:
        """Whoever put it, also at nodes that hold the older one."""
        async with cluster(start, 3) as meshes:
            _ruled(meshes)
            await within(meshes[0].records.put(KEY, b"good 1"))
            assert await _found(meshes[1], b"good 1")
            await within(meshes[1].records.put(KEY, b"good 2"))
            for mesh in meshes:
                assert await _found(mesh, b"good 2")
            with contextlib.suppress(UsageError):  # it may say at once that this is nothing new
                await within(meshes[0].records.put(KEY, b"good 1"))
            for mesh in meshes:
                assert await within(mesh.records.get(KEY)) == b"good 2"

    async def test_a_node_alone_keeps_its_own(self, start: Start) -> None:
        """There need be no peer."""
        async with start() as one:
            _ruled([one])
            await within(one.records.put(KEY, b"good 1"))
            assert await within(one.records.get(KEY)) == b"good 1"

    async def test_what_nobody_put_is_not_found(self, start: Start) -> None:
        """Within a bounded time."""
        async with cluster(start, 2) as meshes:
            _ruled(meshes)
            with pytest.raises(NotFound):
                await within(meshes[0].records.get(KEY))

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("/elsewhere/key", b"good 1"),
            ("key", b"good 1"),
            (KEY, b"bad"),
            (KEY, b"raise"),
            (KEY, b"good ".ljust(VALUE_LIMIT + 1, b"9")),
        ],
        ids=["namespace", "no namespace", "bad", "a rule that raises", "too long"],
    )
    async def test_what_may_not_be_put_is_refused_at_once(self, start: Start, key: str, value: bytes) -> None:
        """By the node that would put it, before any peer hears of it."""
        async with cluster(start, 2) as meshes:
            _ruled(meshes)
            with pytest.raises(UsageError):
                await within(meshes[0].records.put(key, value))

    async def test_the_largest_value_may_be_put(self, start: Start) -> None:
        """At VALUE_LIMIT."""
        value = b"good ".ljust(VALUE_LIMIT, b"9")
        async with cluster(start, 2) as meshes:
            _ruled(meshes)
            await within(meshes[0].records.put(KEY, value))
            assert await _found(meshes[1], value)

    async def test_a_value_from_a_peer_without_rules_is_not_taken(self, start: Start) -> None:
        """Each node checks what it keeps, and what it is told."""
        async with cluster(start, 3) as (careless, *careful):
            careless.records.register(
                "conformance", check=lambda _key, _value: True, newer=lambda _a, _b: True
            )
            _ruled(careful)
            await within(careless.records.put(KEY, b"bad"))
            for mesh in careful:
                with pytest.raises(NotFound):
                    await within(mesh.records.get(KEY))
            await within(careful[0].records.put(KEY, b"good 1"))
            assert await _found(careful[1], b"good 1")

    async def test_a_namespace_has_one_owner(self, start: Start) -> None:
        """A second registration is a mistake in the program."""
        async with start() as one:
            _ruled([one])
            with pytest.raises(ValueError, match="conformance"):
                _ruled([one])

    async def test_providers_are_found_and_oneself_is_left_out(self, start: Start) -> None:
        """By a node that provides it, and by one that does not."""
        async with cluster(start, 3) as (one, other, third):
            await within(one.records.provide("a blob"))
            await within(other.records.provide("a blob"))
            assert await _providers(third, 2) == sorted((one.peer_id, other.peer_id))
            assert await _providers(one, 1) == [other.peer_id]

    async def test_nobody_provides_what_nobody_said(self, start: Start) -> None:
        """Keys are whole: a part of one is another one."""
        async with cluster(start, 2) as (one, other):
            await within(other.records.provide("a blob"))
            assert await within(one.records.providers("another blob")) == ()


def _ruled(meshes: Sequence[Mesh]) -> None:
    for mesh in meshes:
        mesh.records.register("conformance", check=_is_good, newer=lambda value, than: value > than)


def _is_good(key: str, value: bytes) -> bool:
    if value == b"raise":
        raise ZeroDivisionError("planted by the suite")
    return key.startswith("/conformance/") and value.startswith(b"good ")


async def _found(mesh: Mesh, value: bytes) -> bool:
    with trio.move_on_after(PATIENCE_S):
        while True:
            try:
                if await mesh.records.get(KEY) == value:
                    return True
            except NotFound:
                pass  # it is on its way
            await trio.sleep(EVERY_S)
    return False


async def _providers(mesh: Mesh, count: int) -> list[str]:
    found: tuple[str, ...] = ()
    with trio.move_on_after(PATIENCE_S):
        while len(found) < count:
            found = await mesh.records.providers("a blob")
            await trio.sleep(EVERY_S)
    return sorted(found)
