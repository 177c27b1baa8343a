"""The changes of parts, brought together: whatever they changed, in whatever places."""

import io

from hypothesis import given
from hypothesis import strategies as st

from chorus_executor.merge import Merge, merge
from chorus_executor.names import parents
from chorus_executor.tree import Node

PATHS = ("a", "a/b", "a/b/c", "a/d", "e", "e/f")


def file(content: str) -> Node:
    return Node("file", io.BytesIO(content.encode()), 0, len(content.encode()))


def fits(changed: dict[str, Node | None]) -> bool:
    """Whether a tree can be left so: nothing below a file."""
    files = {path for path, node in changed.items() if node is not None}
    return not any(parent in files for path in files for parent in parents(path))


CHANGES = st.dictionaries(
    st.sampled_from(PATHS), st.none() | st.sampled_from("xyz").map(file), max_size=4
).filter(fits)


def text(node: Node | None) -> str | None:
    return None if node is None else b"".join(node.chunks()).decode()


def outcome(merged: Merge) -> dict[str, str | None]:
    return {**dict.fromkeys(merged.deleted), **{path: text(node) for path, node in merged.nodes.items()}}


@given(st.lists(CHANGES, max_size=4))
def test_each_change_is_taken_or_told_and_the_first_of_a_place_counts(
    parts: list[dict[str, Node | None]],
) -> None:
    merged = merge(parts)
    assert fits(dict(merged.nodes)), "nothing is below a file"
    assert not merged.deleted & merged.nodes.keys()
    clashes = {(clash.part, clash.path): clash for clash in merged.clashes}
    assert len(clashes) == len(merged.clashes)
    first: dict[str, int] = {}
    for number, (changed, given_) in enumerate(zip(parts, merged.given, strict=True)):
        for path, node in changed.items():
            if path in given_:
                assert first.setdefault(path, number) == number, "one part gives it"
                assert outcome(merged)[path] == text(node)
            elif (number, path) in clashes:
                assert clashes[number, path].taken < number
                assert path not in first or outcome(merged)[path] != text(node)
            else:
                assert outcome(merged)[path] == text(node), "it is the same change"
    assert outcome(merged).keys() == first.keys()


@given(CHANGES)
def test_one_part_is_taken_as_it_is(changed: dict[str, Node | None]) -> None:
    merged = merge([changed])
    assert outcome(merged) == {path: text(node) for path, node in changed.items()}
    assert (merged.given, merged.clashes) == ([sorted(changed)], [])


@given(CHANGES, CHANGES)
def test_parts_that_touch_other_places_do_not_care_who_is_first(
    one: dict[str, Node | None], other: dict[str, Node | None]
) -> None:
    forth, back = merge([one, other]), merge([other, one])
    if not forth.clashes:
        assert outcome(forth) == outcome(back)
        assert not back.clashes


def test_a_clash_shows_what_was_not_taken() -> None:
    merged = merge([{"a": file("one\nsame\n"), "b": file("x")}, {"a": file("two\nsame\n"), "b": None}])
    told = {clash.path: clash.diff for clash in merged.clashes}
    assert "-one" in told["a"] and "+two" in told["a"]
    assert told["b"] == "one deletes it, the other changes it"


def test_a_long_difference_is_told_in_a_few_lines() -> None:
    ones, twos = ("\n".join(f"{word} {number}" * 100 for number in range(200)) for word in ("one", "two"))
    (clash,) = merge([{"a": file(ones)}, {"a": file(twos)}]).clashes
    assert len(clash.diff) < 4000
    binary = Node("file", io.BytesIO(b"\xff\xfe"), 0, 2)
    (clash,) = merge([{"a": binary}, {"a": file("z")}]).clashes
    assert "no short text" in clash.diff
