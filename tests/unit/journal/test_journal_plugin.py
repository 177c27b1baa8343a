from typing import Any

from chorus_hooks.blob import Blobs
from chorus_hooks.command import Command
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoints, Journal
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import Node
from chorus_hooks.replica import Fetcher, Replicas
from chorus_hooks.service import Service
from chorus_hooks.setting import Setting
from chorus_journal import plugin


def test_it_offers_a_journal_blobs_and_copies() -> None:
    offered: list[Service] = []
    plugin.chorus_register_services(offered.append, config=None)  # type: ignore[arg-type]
    assert [(s.name, s.provides, s.requires) for s in offered] == [
        ("journal", Journal, (Node, Identity)),
        ("checkpoints", Checkpoints, (Journal,)),
        ("blobs", Blobs, (Node, Journal)),
        ("replicas", Replicas, (Journal, Identity)),
        ("fetcher", Fetcher, (Node, Journal, Blobs)),
    ]
    assert [s.optional for s in offered[-2:]] == [(Mesh, Members), (Mesh, Members)]


def test_the_quotas_are_settings_in_sizes() -> None:
    settings: list[Setting[Any]] = []
    plugin.chorus_register_settings(settings.append)
    assert [(s.name, s.parse("20g") == s.default) for s in settings] == [
        ("CHORUS_BLOB_QUOTA", True),
        ("CHORUS_REPLICA_QUOTA", True),
    ]


def test_it_adds_the_log_command() -> None:
    commands: list[Command] = []
    plugin.chorus_register_commands(commands.append)
    assert [command.name for command in commands] == ["log"]
