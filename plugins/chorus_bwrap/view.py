"""What a task sees, as the arguments of bubblewrap."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chorus_hooks.sandbox import DATA, INPUT, OUTPUT

UID = "10001"

TOP = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""Beside /usr; links into /usr on most systems, directories of their own on some."""

ETC = (
    "alternatives",  # awk, cc, java, editor … are links through it
    "ld.so.cache",  # where the loader finds libraries
    "ld.so.conf",  # where the linker does
    "ld.so.conf.d",
    "ssl/certs",  # public certificates: TLS contexts and Java's keystore load them
    "ssl/openssl.cnf",
    "perl",  # on perl's include path
)
"""What toolchains need of /etc, all of it public. Java's `conf` points into /etc/java-*."""

FILES = ("passwd", "group", "hosts", "nsswitch.conf")
"""Files of /etc that are ours: the keeper writes them."""

BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

ISOLATION = (
    "--unshare-all",
    "--unshare-user",
    "--disable-userns",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--uid",
    UID,
    "--gid",
    UID,
    "--hostname",
    "sandbox",
)


def system(root: Path = Path("/")) -> list[str]:
    """The read-only system, laid out as `root` lays it out."""
    binds = ["--ro-bind", "/usr", "/usr"]
    for name in TOP:
        path = root / name
        if path.is_symlink():
            binds += ["--symlink", str(path.readlink()), f"/{name}"]
        elif path.is_dir():
            binds += ["--ro-bind", f"/{name}", f"/{name}"]
    java = sorted(path.name for path in (root / "etc").glob("java-*"))
    for name in (*ETC, *java):
        if (root / "etc" / name).exists():
            binds += ["--ro-bind", f"/etc/{name}", f"/etc/{name}"]
    return binds


def workspace(base: str, *, filling: bool) -> list[str]:
    """The places with a quota, mounted by the keeper under `base`; INPUT is writable only while filling."""
    return [
        "--bind" if filling else "--ro-bind",
        f"{base}/input",
        INPUT,
        "--bind",
        f"{base}/data",
        DATA,
        "--bind",
        f"{base}/output",
        OUTPUT,
        "--bind",
        f"{base}/tmp/tmp",  # noqa: S108
        "/tmp",  # noqa: S108 - the sandbox's own
        "--bind",
        f"{base}/tmp/shm",  # noqa: S108
        "/dev/shm",  # noqa: S108
    ]


def search_path(readable: Iterable[Path]) -> str:
    """PATH inside: the bin directories of what may be read, then the system's."""
    return ":".join([*(str(path / "bin") for path in readable if (path / "bin").is_dir()), BASE_PATH])


def environment(readable: Iterable[Path], given: Mapping[str, str]) -> list[str]:
    """A small fixed environment, in which the task's own variables win."""
    variables = {
        "PATH": search_path(readable),
        "HOME": DATA,
        "USER": "chorus",
        "LANG": "C.UTF-8",
        **given,
    }
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def arguments(
    base: str,
    *,
    readable: Mapping[Path, str],
    env: Mapping[str, str],
    cwd: str,
    filling: bool = False,
    sharing: bool = False,
) -> Sequence[str]:
    """All of bubblewrap's arguments but file descriptors and the command.

    With `sharing` it stays in the network that it is started in, which has to be a loopback and no more.
    `readable` are directories to show read-only, each with the path where the keeper has it. Order
    matters: /dev and / become read-only after everything is in place, since both are tmpfs without a quota.
    """
    network = ("--share-net",) if sharing else ()
    words = [*ISOLATION, *network, *environment(readable, env), *system(), "--proc", "/proc", "--dev", "/dev"]
    for name in FILES:
        words += ["--ro-bind", f"{base}/etc/{name}", f"/etc/{name}"]
    words += workspace(base, filling=filling)
    for path, source in readable.items():
        words += ["--ro-bind", source, str(path)]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", cwd]
