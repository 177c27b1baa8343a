"""Which addresses of a machine are told first."""

from ipaddress import ip_address

import pytest

from chorus_libp2p.interfaces import own_ips, ranked


def told(*found: tuple[str, str]) -> list[str]:
    return [str(ip) for ip in ranked((name, ip_address(ip)) for name, ip in found)]


@pytest.mark.parametrize(
    "name", ["docker0", "br-0a1b2c3d4e5f", "podman0", "cni-podman0", "virbr0", "lxdbr0", "veth12ab"]
)
def test_what_leads_to_guests_of_this_machine_comes_last(name: str) -> None:
    assert told((name, "172.17.0.1"), ("eth0", "192.168.1.7")) == ["192.168.1.7", "172.17.0.1"]


@pytest.mark.parametrize("name", ["eth0", "br0", "br-lan", "wlp3s0", "tailscale0", "wg0", "bond0"])
def test_a_bridge_that_a_person_made_is_as_good_as_a_card(name: str) -> None:
    assert told((name, "10.0.0.1"), ("eth1", "192.168.1.7")) == ["10.0.0.1", "192.168.1.7"]


def test_link_local_ones_are_left_out_and_each_is_told_once() -> None:
    assert told(
        ("eth0", "fe80::1"),
        ("eth0", "fd00::2"),
        ("eth0", "169.254.3.4"),
        ("eth0", "10.0.0.1"),
        ("eth1", "10.0.0.1"),
    ) == ["10.0.0.1", "fd00::2"]


def test_this_machine_has_loopback_at_least() -> None:
    assert ip_address("127.0.0.1") in own_ips()
