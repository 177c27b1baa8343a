"""The whole body of `POST /containers/create`, and what may never be in one."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chorus_docker.body import create_body
from chorus_docker.keeper_script import SCRIPT
from chorus_hooks.sandbox import BoxSpec

MIB = 1 << 20

SPEC = BoxSpec(
    image="chorus-test/busybox:1",
    memory=512 * MIB,
    cpus=1.5,
    pids=256,
    disk=192 * MIB,
    input_size=MIB - 4096,
    input_files=0,
    ttl_s=59.5,
    labels={"boot": "b00t", "task": "t-1"},
)


def body(spec: BoxSpec = SPEC, volumes: tuple[str, ...] = ()) -> dict[str, Any]:
    return create_body(spec, owner="me", now=1000.0, volumes=volumes)


def test_the_whole_body() -> None:
    assert body() == {
        "Image": "chorus-test/busybox:1",
        "Entrypoint": ["/bin/sh", "-c", SCRIPT, "keeper", "60"],
        "Cmd": [],
        "Healthcheck": {"Test": ["NONE"]},
        "User": "10002:10002",
        "Env": ["HOME=/workspace/data"],
        "WorkingDir": "/",
        "Hostname": "sandbox",
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "NetworkDisabled": True,
        "Labels": {
            "chorus.sandbox": "1",
            "chorus.owner": "me",
            "chorus.boot": "b00t",
            "chorus.task": "t-1",
            "chorus.deadline": "1060",
        },
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "PidsLimit": 260,
            "Memory": 515 * MIB,
            "MemorySwap": 515 * MIB,
            "CpuPeriod": 100_000,
            "CpuQuota": 150_000,
            "Init": True,
            "IpcMode": "private",
            "ShmSize": 64 * MIB,
            "LogConfig": {"Type": "none"},
            "AutoRemove": True,
            "OomScoreAdj": 500,
            "Ulimits": [
                {"Name": "nofile", "Soft": 1024, "Hard": 1024},
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "fsize", "Soft": 129 * MIB, "Hard": 129 * MIB},
            ],
            "Tmpfs": {
                "/tmp": "rw,nosuid,nodev,noexec,size=16777216,nr_inodes=20000,mode=1777",
                "/workspace/input": "rw,nosuid,nodev,noexec,size=2097152,nr_inodes=1000,"
                "uid=10002,gid=10002,mode=0755",
                "/workspace/data": "rw,nosuid,nodev,exec,size=135266304,nr_inodes=131072,"
                "uid=10001,gid=10001,mode=0700",
                "/workspace/output": "rw,nosuid,nodev,noexec,size=50331648,nr_inodes=20000,"
                "uid=10001,gid=10001,mode=0700",
            },
        },
    }


def test_a_volume_that_the_image_declares_is_covered() -> None:
    covered = body(volumes=("/var/lib/db", "/workspace/data"))["HostConfig"]["Tmpfs"]
    assert covered["/var/lib/db"].startswith("ro,")
    assert covered["/workspace/data"].startswith("rw,"), "our own places win"


def test_a_label_cannot_pretend_to_be_one_of_ours() -> None:
    spec = BoxSpec("i", MIB, 1, 1, MIB, 0, 0, 1, {"chorus.owner": "other", "deadline": "9", "sandbox": "0"})
    labels = body(spec)["Labels"]
    assert (labels["chorus.owner"], labels["chorus.deadline"], labels["chorus.sandbox"]) == (
        "me",
        "1001",
        "1",
    )


NEVER = {"Binds", "Mounts", "Devices", "Privileged", "CapAdd", "RestartPolicy", "VolumesFrom", "PidMode"}


@given(
    st.builds(
        BoxSpec,
        image=st.text(max_size=20),
        memory=st.integers(0, 1 << 40),
        cpus=st.floats(0.01, 64),
        pids=st.integers(1, 10000),
        disk=st.integers(0, 1 << 40),
        input_size=st.integers(0, 1 << 40),
        input_files=st.integers(0, 100_000),
        ttl_s=st.floats(0, 1e6),
        labels=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    )
)
def test_nothing_of_the_machine_is_given_whatever_is_asked_for(spec: BoxSpec) -> None:
    made = body(spec)
    assert not NEVER & (set(made["HostConfig"]) | set(made))
    assert "unconfined" not in json.dumps(made["HostConfig"]["SecurityOpt"])
    assert made["HostConfig"]["CpuQuota"] >= 1000
