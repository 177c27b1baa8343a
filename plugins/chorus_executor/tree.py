"""The trees inside an archive: every path once, no path through a link, nothing outside."""

import hashlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Literal

from chorus_executor.archive import Damaged, Member, read_members
from chorus_executor.names import LONGEST, parents, printable, refuse_name
from chorus_executor.tarball import TarWriter

_CHUNK: Final = 1 << 20
_MOST_GROWTH: Final = 256 << 20
_CHECK_EVERY: Final = 1000


@dataclass(frozen=True, slots=True)
class Node:
    """A file (a place in an open archive), a symbolic link, or a directory."""

    kind: Literal["file", "symlink", "directory"]
    archive: BinaryIO
    offset: int = 0
    size: int = 0
    executable: bool = False
    target: str = ""
    segments: tuple[tuple[int, int], ...] | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes of a file, in pieces of up to a mebibyte. OSError when the archive under it was cut."""
        if self.segments is None:
            yield from self._stored(self.offset, self.size)
            return
        done, position = 0, self.offset
        for at, length in self.segments:
            yield from _zeros(at - done)
            yield from self._stored(position, length)
            done, position = at + length, position + length
        yield from _zeros(self.size - done)

    def _stored(self, position: int, left: int) -> Iterator[bytes]:
        while left:
            self.archive.seek(position)
            chunk = self.archive.read(min(left, _CHUNK))
            if not chunk:
                raise OSError("the archive was cut while it was read")
            position += len(chunk)
            left -= len(chunk)
            yield chunk

    def same(self, other: "Node") -> bool:
        """Whether both would look alike in a working tree."""
        if (self.kind, self.size, self.executable, self.target) != (
            other.kind,
            other.size,
            other.executable,
            other.target,
        ):
            return False
        if self.segments == other.segments is None:
            return all(mine == theirs for mine, theirs in zip(self.chunks(), other.chunks(), strict=True))
        return _digest(self) == _digest(other)


@dataclass
class Tree:
    """Paths, as normal relative ones, and what is there; parents of what is there may be missing.

    `dropped` tells, one line each, which members were not taken and why. `growth` is how many bytes there
    may be beyond those in the archive: holes and second names of one file would make a small one endless.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    growth: int = _MOST_GROWTH
    _parents: set[str] = field(default_factory=set)

    def add(self, path: str, member: Member, archive: BinaryIO) -> None:
        """Take a member at `path`, or tell why not."""
        reason = refuse_name(path) or self._refuse_place(path, member) or self._put(path, member, archive)
        if reason:
            self.dropped.append(f"{printable(path)}: {reason}")

    def _refuse_place(self, path: str, member: Member) -> str:
        if path in self._parents and member.kind != "directory":
            return "there is a directory of that name"
        if path in self.nodes:
            both = member.kind == self.nodes[path].kind == "directory"
            return "" if both else "the name is there twice"
        for parent in parents(path):
            if parent in self._parents:
                break
            if parent in self.nodes and self.nodes[parent].kind != "directory":
                return f"{printable(parent)} is no directory"
        return ""

    def _put(self, path: str, member: Member, archive: BinaryIO) -> str:
        if member.kind == "other":
            return f"is {member.what}"
        if member.kind == "hardlink":
            return "is a hard link"
        if member.kind == "symlink":
            node = Node("symlink", archive, target=member.target)
            if not member.target or "\0" in member.target or len(member.target) > LONGEST:
                return "is a link to nowhere"
        elif member.kind == "directory":
            node = Node("directory", archive)
        else:
            holes = 0
            if member.segments is not None:
                holes = member.size - sum(length for _, length in member.segments)
            if holes > self.growth:
                return "is a sparse file with large holes"
            self.growth -= holes
            node = Node(
                "file", archive, member.offset, member.size, member.executable, segments=member.segments
            )
        self.nodes[path] = node
        for parent in parents(path):
            if parent in self._parents:
                break
            self._parents.add(parent)
        return ""


def read_trees(
    archive: BinaryIO, roots: tuple[str, ...], *, check: Callable[[], None] = lambda: None
) -> tuple[dict[str, Tree], str]:
    """The trees under each root of an archive, and what is wrong with the archive, if anything.

    The root "" takes every member. Members under no root are told in the first tree. Second names of one
    file are files again, but not under `output`: what is handed out is a file of its own. `check` is called
    now and then, and may raise to stop.
    """
    trees = {root: Tree() for root in roots}
    try:
        for number, member in enumerate(read_members(archive)):
            if number % _CHECK_EVERY == 0:
                check()
            _place(trees, member, archive)
    except Damaged as damage:
        return trees, str(damage)
    return trees, ""


def _place(trees: dict[str, Tree], member: Member, archive: BinaryIO) -> None:
    name = member.name.removeprefix("./")
    if member.kind == "directory":
        name = name.removesuffix("/")
    if name in (".", "") and member.kind == "directory":
        return
    root, _, below = name.partition("/")
    if "" in trees:
        trees[""].add(name, member, archive)
    elif root not in trees:
        next(iter(trees.values())).dropped.append(f"{printable(name)}: is in no place that is collected")
    elif below or member.kind != "directory":
        trees[root].add(below, _resolved(trees[root], root, member), archive)


def _resolved(tree: Tree, root: str, member: Member) -> Member:
    """A second name of a file that came before is that file again, when it lies in the same tree."""
    if member.kind != "hardlink" or root == "output":
        return member
    first = tree.nodes.get(member.target.removeprefix("./").removeprefix(root + "/"))
    if first is None or first.kind != "file" or first.size > tree.growth:
        return member
    tree.growth -= first.size
    return Member(member.name, "file", first.offset, first.size, first.executable, segments=first.segments)


def write_tree(nodes: dict[str, Node], writer: TarWriter, later: Container[str] = ()) -> None:
    """All nodes in the order of their bytes, with the directories that they need; `later` are newer."""
    made: set[str] = set()
    for path in sorted(nodes, key=lambda path: path.encode("utf-8", "surrogateescape").split(b"/")):
        for parent in reversed([*parents(path)]):
            if parent not in made and parent not in nodes:
                writer.directory(parent)
            made.add(parent)
        node = nodes[path]
        if node.kind == "directory":
            writer.directory(path)
        elif node.kind == "symlink":
            writer.symlink(path, node.target)
        else:
            writer.file(path, node.size, node.chunks(), executable=node.executable, later=path in later)
    writer.close()


def _zeros(length: int) -> Iterator[bytes]:
    for start in range(0, length, _CHUNK):
        yield bytes(min(_CHUNK, length - start))


def _digest(node: Node) -> bytes:
    hashed = hashlib.sha256()
    for chunk in node.chunks():
        hashed.update(chunk)
    return hashed.digest()
