"""Whom a node links to: everybody while they are few, and never so that one death splits the rest."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_members.ring import FULL, SIDE, beside, neighbours

NAMES = st.sets(st.text("abcdefgh", min_size=4, max_size=8), min_size=2, max_size=150).map(sorted)


def links(names: list[str]) -> dict[str, set[str]]:
    return {name: set(neighbours(name, [one for one in names if one != name])) for name in names}


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


@settings(deadline=None)
@given(names=st.sets(st.integers(0, 9999), min_size=FULL + 1, max_size=1000))
def test_beyond_a_full_mesh_it_is_about_a_logarithm(names: set[int]) -> None:
    ring = sorted(map(str, names))
    assert len(neighbours(ring[0], ring[1:])) <= 2 * (SIDE + len(ring).bit_length())


def test_a_few_are_all_neighbours() -> None:
    names = [f"{number:02d}" for number in range(FULL)]
    assert neighbours(names[3], [name for name in names if name != names[3]]) == tuple(
        name for name in names if name != names[3]
    )


@settings(deadline=None)
@given(names=st.sets(st.integers(0, 9999), min_size=FULL + 2, max_size=200), data=st.data())
def test_a_few_beside_a_gone_peer_look_whether_it_is_back(names: set[int], data: st.DataObject) -> None:
    ring = sorted(map(str, names))
    gone = data.draw(st.sampled_from(ring))
    here = [name for name in ring if name != gone]
    looking = [name for name in here if beside(name, gone, [one for one in here if one != name])]
    assert len(looking) == 2 * SIDE
