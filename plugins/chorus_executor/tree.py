"""The trees inside an archive: every path once, no path through a link, nothing outside."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Literal

from chorus_executor.archive import Damaged, Member, read_members
from chorus_executor.tarball import TarWriter

_DEEPEST: Final = 128
_LONGEST: Final = 4096
_LONGEST_COMPONENT: Final = 255
_CHUNK: Final = 1 << 20
_MOST_LINKED: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class Node:
    """A file (a place in an open archive), a symbolic link, or a directory."""

    kind: Literal["file", "symlink", "directory"]
    archive: BinaryIO
    offset: int = 0
    size: int = 0
    executable: bool = False
    target: str = ""

    def chunks(self) -> Iterator[bytes]:
        """The bytes of a file, in pieces. OSError when the archive under it was cut."""
        position, left = self.offset, self.size
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
        return all(mine == theirs for mine, theirs in zip(self.chunks(), other.chunks(), strict=True))


@dataclass
class Tree:
    """Paths, as normal relative ones, and what is there; parents of what is there may be missing.

    `dropped` tells, one line each, which members were not taken and why. `links_left` is how many bytes
    may still appear under a second name: hard links would else make a small archive large.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    links_left: int = 0
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
            if not member.target or "\0" in member.target or len(member.target) > _LONGEST:
                return "is a link to nowhere"
        elif member.kind == "directory":
            node = Node("directory", archive)
        else:
            node = Node("file", archive, member.offset, member.size, member.executable)
        self.nodes[path] = node
        for parent in parents(path):
            if parent in self._parents:
                break
            self._parents.add(parent)
        return ""


def read_trees(archive: BinaryIO, roots: tuple[str, ...]) -> tuple[dict[str, Tree], str]:
    """The trees under each root of an archive, and what is wrong with the archive, if anything.

    The root "" takes every member. Members under no root are told in the first tree. Second names of one
    file are files again, but not under `output`: what is handed out is a file of its own.
    """
    trees = {root: Tree(links_left=0 if root == "output" else _MOST_LINKED) for root in roots}
    try:
        for member in read_members(archive):
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
    if member.kind != "hardlink":
        return member
    first = tree.nodes.get(member.target.removeprefix("./").removeprefix(root + "/"))
    if first is None or first.kind != "file" or first.size > tree.links_left:
        return member
    tree.links_left -= first.size
    return Member(member.name, "file", first.offset, first.size, first.executable)


def write_tree(nodes: dict[str, Node], writer: TarWriter) -> None:
    """All nodes in the order of their bytes, with the directories that they need."""
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
            writer.file(path, node.size, node.chunks(), executable=node.executable)
    writer.close()


def parents(path: str) -> Iterator[str]:
    """The directories above a path, the nearest first."""
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def stays_inside(path: str, target: str) -> bool:
    """Whether a symbolic link at `path` points, by its text, into the tree that it is in."""
    if target.startswith("/"):
        return False
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached != ".." and not reached.startswith("../")


def refuse_name(path: str) -> str:
    """Why a path from an archive cannot be taken, or nothing."""
    components = path.split("/")
    if path.startswith("/"):
        return "the name is absolute"
    if ".." in components:
        return "the name leaves its place"
    if "" in components or "." in components:
        return "the name is not a normal path"
    if "\0" in path:
        return "the name holds a NUL"
    if len(components) > _DEEPEST:
        return f"is more than {_DEEPEST} directories deep"
    lengths = [len(component.encode("utf-8", "surrogateescape")) for component in components]
    if max(lengths) > _LONGEST_COMPONENT or sum(lengths) + len(lengths) > _LONGEST:
        return "the name is too long"
    return ""


def printable(name: str) -> str:
    """A name as it may be shown and kept: what is no printable text is escaped, what is long is cut."""
    raw = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in raw)
    return shown if len(shown) <= 200 else shown[:200] + "…"
