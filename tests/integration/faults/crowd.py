"""Clients that submit with keys from several threads, while the node lives, and remember every answer."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from contrib.bench.rig.client import Client
from contrib.bench.rig.node import Node

NULL: dict[str, Any] = {"requires": ["sandbox:null"]}


@dataclass
class Ledger:
    """What was sent, by its idempotency key, and the ids that a 202 acknowledged for it."""

    sent: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def unknown(self) -> list[str]:
        """Keys whose answer was lost: the task may be there or not."""
        return [key for key in self.sent if key not in self.acknowledged]

    def submit(self, client: Client, key: str) -> None:
        """Send it, and note what was said. Raises OSError or HTTPException when nothing was."""
        line, document = self.sent[key]
        answer = client.submit(line, key=key, **document)
        if answer.status == 202:
            self.acknowledged.setdefault(key, set()).add(answer.json["id"])
        else:
            self.refused.append(f"{answer.status} {answer.raw[:300]!r}")


@dataclass(frozen=True)
class Kind:
    """One sort of task, and how often it is submitted, in percent."""

    percent: int
    line: str
    document: dict[str, Any]


@contextmanager
def crowd(node: Node, ledger: Ledger, kinds: list[Kind], name: str, clients: int = 4) -> Iterator[None]:
    """Clients at work, until the body ends; they end by themselves when the node does not answer."""
    done = threading.Event()

    def work(number: int) -> None:
        dice = random.Random(f"{name}-{number}")
        count = 0
        try:
            with node.client(timeout_s=10) as client:
                while not done.is_set():
                    kind = dice.choices(kinds, [kind.percent for kind in kinds])[0]
                    key = f"{name}-{number}-{count}"
                    ledger.sent[key] = (kind.line, kind.document)
                    ledger.submit(client, key)
                    if dice.random() < 0.1:  # somebody whose answer was lost on the way
                        ledger.submit(client, key)
                    count += 1
        except (OSError, HTTPException, ValueError):
            return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()
