"""From a BoxSpec to the body of `POST /containers/create` (Engine API 1.41). Pure.

Nothing of this machine is bound in, nothing privileged is asked for, and the engine's default seccomp
profile stays in place: what is absent here matters as much as what is present.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chorus_docker.keeper_script import SCRIPT
from chorus_docker.layout import Layout, lay_out
from chorus_hooks.sandbox import DATA, INPUT, OUTPUT, BoxSpec

TASK: Final = "10001:10001"
KEEPER: Final = "10002:10002"

KEEPER_PROCESSES: Final = 4
"""The engine's init, the keeper's shell, and the two that wait for the end of its time."""

CPU_PERIOD: Final = 100_000
LEAST_QUOTA: Final = 1_000
"""Microseconds; the kernel takes no less (sched-bwc)."""

MARK: Final = "chorus.sandbox"
OWNER: Final = "chorus.owner"
BOOT: Final = "chorus.boot"
DEADLINE: Final = "chorus.deadline"


def create_body(spec: BoxSpec, *, owner: str, now: float, volumes: Iterable[str] = ()) -> dict[str, Any]:
    """`now` is Unix time. `volumes`, those that the image declares, are covered, or they would be disk."""
    layout = lay_out(spec)
    return {
        "Image": spec.image,
        "Entrypoint": ["/bin/sh", "-c", SCRIPT, "keeper", str(math.ceil(spec.ttl_s))],
        "Cmd": [],
        "Healthcheck": {"Test": ["NONE"]},
        "User": KEEPER,
        "Env": [f"HOME={DATA}"],
        "WorkingDir": "/",
        "Hostname": "sandbox",
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "NetworkDisabled": True,
        "Labels": labels(spec.labels, owner=owner, deadline=now + spec.ttl_s),
        "HostConfig": host_config(spec, layout, volumes),
    }


def host_config(spec: BoxSpec, layout: Layout, volumes: Iterable[str]) -> dict[str, Any]:
    """The part that hardens and limits."""
    return {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "PidsLimit": spec.pids + KEEPER_PROCESSES,
        "Memory": layout.memory,
        "MemorySwap": layout.memory,
        "CpuPeriod": CPU_PERIOD,  # NanoCpus is refused where there are fewer processors than it names
        "CpuQuota": max(int(spec.cpus * CPU_PERIOD), LEAST_QUOTA),
        "Init": True,
        "IpcMode": "private",
        "ShmSize": layout.shm,
        "LogConfig": {"Type": "none"},
        "AutoRemove": True,
        "OomScoreAdj": 500,
        "Ulimits": [
            {"Name": "nofile", "Soft": 1024, "Hard": 1024},
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": layout.data, "Hard": layout.data},
        ],
        "Tmpfs": {**dict.fromkeys(volumes, "ro,nosuid,nodev,noexec,size=4k"), **tmpfs(layout)},
    }


def tmpfs(layout: Layout) -> dict[str, str]:
    """The only places that can be written. Programs may be run in DATA alone."""
    return {
        "/tmp": f"rw,nosuid,nodev,noexec,size={layout.tmp},nr_inodes={layout.output_inodes},mode=1777",  # noqa: S108
        INPUT: f"rw,nosuid,nodev,noexec,size={layout.input},nr_inodes={layout.input_inodes},"
        "uid=10002,gid=10002,mode=0755",
        DATA: f"rw,nosuid,nodev,exec,size={layout.data},nr_inodes={layout.data_inodes},"
        "uid=10001,gid=10001,mode=0700",
        OUTPUT: f"rw,nosuid,nodev,noexec,size={layout.output},nr_inodes={layout.output_inodes},"
        "uid=10001,gid=10001,mode=0700",
    }


def labels(given: Mapping[str, str], *, owner: str, deadline: float) -> dict[str, str]:
    """Ours, and the caller's under `chorus.`."""
    named = {name if name.startswith("chorus.") else f"chorus.{name}": text for name, text in given.items()}
    return {**named, MARK: "1", OWNER: owner, DEADLINE: str(math.ceil(deadline))}
