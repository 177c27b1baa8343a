"""A node in a network namespace of its own: as far as its network goes, a machine of its own."""

from collections.abc import Mapping
from pathlib import Path

from contrib.bench.rig.client import Client, Response
from contrib.bench.rig.hosts.namespace import Namespace
from contrib.bench.rig.node import Node


class Inside(Client):
    """Talks to an API that listens on the loopback of a namespace."""

    def __init__(self, namespace: Namespace, url: str, token: str, timeout_s: float) -> None:
        super().__init__(url, token, timeout_s)
        self._namespace = namespace

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One request, connected from inside."""
        with self._namespace.inside():
            return super().ask(method, path, body, headers)


class Host(Node):
    """`chorus agent` in `namespace`, at `address`, with one interface besides loopback: `wire`."""

    def __init__(
        self, state_dir: Path, environment: Mapping[str, str], namespace: Namespace, address: str
    ) -> None:
        super().__init__(state_dir, environment, wrapper=namespace.entered)
        self.namespace = namespace
        self.address = address

    def client(self, timeout_s: float = 10.0) -> Client:
        """A connection to its API."""
        super().client()  # raises when it has ended
        return Inside(self.namespace, self.where["api"], self.token, timeout_s)

    def drop(self, which: str) -> None:
        """Take these packets in no more: as a match of iptables(8)."""
        rule = f"--append INPUT --in-interface wire {which} --jump DROP"
        self.namespace.run("iptables", "--wait", *rule.split())

    def drop_nothing(self) -> None:
        """Take everything in again."""
        self.namespace.run("iptables", "--wait", "--flush", "INPUT")

    def link(self, state: str) -> None:
        """Its cable: `up` or `down`."""
        self.namespace.run("ip", "link", "set", "wire", state)

    def move(self, address: str) -> None:
        """Give it another address instead of the one that it has."""
        self.namespace.run("ip", "addr", "flush", "dev", "wire")
        self.namespace.run("ip", "addr", "add", f"{address}/24", "dev", "wire")
        self.address = address
