"""Whom a node links to: everybody while they are few, and never so that one death splits the rest."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_members.ring import FULL, SIDE, Ring

NAMES = st.sets(st.text("abcdefgh", min_size=4, max_size=8), min_size=2, max_size=150).map(sorted)
MANY = st.sets(st.integers(0, 9999).map(str), min_size=3 * FULL, max_size=200).map(sorted)


def ring(me: str, others: Iterable[str]) -> Ring:
    made = Ring(me)
    for name in others:
        if name != me:
            made.add(name)
    return made


def links(names: list[str]) -> dict[str, set[str]]:
    return {name: set(ring(name, names).neighbours()) for name in names}


def reached(graph: dict[str, set[str]], without: str) -> set[str]:
    rest = [name for name in graph if name != without]
    seen, open_ = {rest[0]}, [rest[0]]
    while open_:
        for name in graph[open_.pop()] - seen - {without}:
            seen.add(name)
            open_.append(name)
    return seen


@settings(deadline=None)
@given(names=NAMES)
def test_a_link_that_one_end_wants_the_other_wants_too(names: list[str]) -> None:
    graph = links(names)
    assert all(name in graph[other] for name in names for other in graph[name])


@settings(deadline=None)
@given(names=NAMES, data=st.data())
def test_no_single_death_splits_the_rest(names: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(names))
    assert reached(links(names), gone) == set(names) - {gone}


def test_beyond_a_full_mesh_it_is_about_a_logarithm() -> None:
    names = [f"peer {number}" for number in range(1000)]
    counts = [len(ring(name, names).neighbours()) for name in names[:50]]
    assert max(counts) <= 24
    # 2 SIDE, and one for each further ring: half of the neighbours on it were neighbours on the one before.
    assert 10 <= sum(counts) / len(counts) <= 14


def test_one_who_joins_changes_the_links_of_few() -> None:
    names = [f"peer {number}" for number in range(200)]
    before, after = links(names[1:]), links(names)
    newly = {name: after[name] - before[name] - {names[0]} for name in names[1:]}
    assert not any(newly.values())
    assert sum(names[0] in after[name] for name in names[1:]) == len(after[names[0]])


def test_the_nearest_two_on_each_side_are_among_them() -> None:
    names = sorted(f"peer {number:03d}" for number in range(100))
    assert {names[48], names[49], names[51], names[52]} <= set(ring(names[50], names).neighbours())


def test_a_few_are_all_neighbours() -> None:
    names = [f"{number:02d}" for number in range(FULL)]
    assert ring(names[3], names).neighbours() == tuple(name for name in names if name != names[3])


@settings(deadline=None)
@given(names=MANY, data=st.data())
def test_a_few_beside_a_gone_peer_look_whether_it_is_back(names: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(names))
    here = [name for name in names if name != gone]
    assert sum(ring(name, here).beside(gone) for name in here) == 2 * SIDE


@settings(deadline=None)
@given(names=MANY, passing=st.sets(st.integers(10_000, 99_999).map(str), max_size=60), data=st.data())
def test_it_does_not_matter_who_came_and_went_before(
    names: list[str], passing: set[str], data: st.DataObject
) -> None:
    me = names[0]
    order = data.draw(st.permutations(sorted({*names, *passing})))
    seen = ring(me, order)
    for name in data.draw(st.permutations(sorted(passing))):
        seen.remove(name)
    assert seen.neighbours() == ring(me, names).neighbours()
