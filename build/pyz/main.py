"""The first lines of chorus.pyz: the right Python? already unpacked? Then CHORUS.

Every start runs them, on whatever Python there is, so they keep to syntax that any Python can read, and a
start of an unpacked build imports nothing that Python has not loaded anyway. `chorus_build` is written by
pack.py; `_bootstrap` is shiv's own start, which still serves shiv's SHIV_* variables.
"""
# pathlib costs 8 ms, and Python 2 has none.
# ruff: noqa: PTH100, PTH111, PTH116, PTH118, PTH119, PTH120

import os
import sys

import chorus_build

ARCHIVE = os.path.dirname(os.path.abspath(__file__))
ELSEWHERE = "set SHIV_ROOT to a directory that can be written"


def main():
    """Answer `--version` from here; unpack when this is the first start; hand over to the entry point."""
    check_python()
    if sys.argv[1:] == ["--version"]:
        print("chorus " + chorus_build.VERSION)
        return
    root = find_root()
    folder = os.path.join(root, os.path.basename(os.path.realpath(ARCHIVE)) + "_" + chorus_build.BUILD_ID)
    if any(name.startswith("SHIV_") and name != "SHIV_ROOT" for name in os.environ):
        start_as_shiv(root)
    if not hold(folder):
        first_start(folder)
    sys.path[0] = os.path.join(folder, "site-packages")
    module, _, function = chorus_build.ENTRY_POINT.partition(":")
    sys.exit(getattr(__import__(module, fromlist=[function]), function)())


def check_python():
    """The compiled modules inside fit one minor version of CPython on one kind of machine."""
    wanted = "Python " + chorus_build.PYTHON
    version = ".".join(str(part) for part in sys.version_info[:2])
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    if version != chorus_build.PYTHON or name != "cpython":
        found = "Python " + version if name == "cpython" else name + " " + version
        program = "python" + chorus_build.PYTHON
        refuse("this chorus.pyz needs " + wanted + ", and this is " + found, program + " " + sys.argv[0])
    platform = getattr(sys.implementation, "_multiarch", None) or chorus_build.PLATFORM
    if platform != chorus_build.PLATFORM:
        refuse(
            "this chorus.pyz is for " + chorus_build.PLATFORM + ", and this Python is for " + platform,
            "build one on this kind of machine with: make pyz",
        )


def find_root():
    """Where builds are unpacked: $SHIV_ROOT, else chorus in the user's cache directory."""
    root = os.environ.get("SHIV_ROOT") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache"), "chorus"
    )
    root = os.path.expanduser(root)
    if root.startswith("~"):
        refuse("there is no home directory to unpack into", ELSEWHERE)
    return os.path.abspath(root)


def hold(folder):
    """Whether the build is there. If so, a lock on it keeps other starts from removing it while we live."""
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:  # being removed right now
        os.close(descriptor)
        return False
    except OSError:  # no locks on this file system: then nobody can remove it either
        pass
    there = False
    try:
        there = os.path.samestat(os.fstat(descriptor), os.stat(folder))
        os.utime(folder)  # used now
    except OSError:  # gone since, or somebody else's, or read-only
        pass
    if not there:
        os.close(descriptor)
    return there


def first_start(folder):
    """Unpack, and hold what was unpacked. Another build's first start may just be removing this one."""
    import time

    import chorus_unpack

    try:
        for _ in range(100):
            chorus_unpack.unpack(ARCHIVE, folder)
            if hold(folder):
                chorus_unpack.remove_old_builds(folder)
                return
            time.sleep(0.05)
    except chorus_unpack.UnpackError as error:
        refuse(str(error), error.hint)
    except KeyboardInterrupt:
        sys.exit(130)
    refuse("cannot read " + folder, ELSEWHERE)


def start_as_shiv(root):
    """What SHIV_INTERPRETER, SHIV_ENTRY_POINT and so on ask for."""
    os.environ["SHIV_ROOT"] = root
    from _bootstrap import bootstrap

    bootstrap()
    sys.exit()


def refuse(what, hint):
    """End with two lines and the exit code of a bad configuration; with 125 when `chorus run` was meant."""
    command = [word for word in sys.argv[1:] if not word.startswith("-")][:1]
    sys.stderr.write("chorus: " + what + "\n  try: " + hint + "\n")
    sys.exit(125 if command == ["run"] else 78)


main()
