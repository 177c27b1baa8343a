"""No module that reads messages from the wire is without a test that feeds it arbitrary bytes."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FUZZED = {
    "hooks/chorus_hooks/address.py": "tests/unit/hooks/test_address.py",
    "hooks/chorus_hooks/wire/envelope.py": "tests/unit/wire/test_envelope.py",
    "hooks/chorus_hooks/wire/frame.py": "tests/unit/wire/test_frame.py",
    "hooks/chorus_hooks/wire/message.py": "tests/unit/wire/test_frame.py",
    "plugins/chorus_coordinator/remote/message.py": "tests/unit/remote_log/test_message.py",
    "plugins/chorus_discovery/advert.py": "tests/unit/discovery/test_advert.py",
    "plugins/chorus_discovery/remembered.py": "tests/unit/discovery/test_remembered.py",
    "plugins/chorus_identity/join_token.py": "tests/unit/identity/test_join_token.py",
    "plugins/chorus_identity/peer_id.py": "tests/unit/identity/test_peer_id.py",
    "plugins/chorus_journal/exchange/message.py": "tests/unit/exchange/test_message.py",
    "plugins/chorus_journal/note.py": "tests/unit/journal/test_note.py",
    "plugins/chorus_journal/replica/message.py": "tests/unit/replica/test_message.py",
    "plugins/chorus_libp2p/records.py": "tests/unit/libp2p/test_rules.py",
    "plugins/chorus_members/card.py": "tests/unit/members/test_card.py",
    "plugins/chorus_members/message.py": "tests/unit/members/test_message.py",
}
"""Modules that read what others sent, and the test of each that makes up what to feed it."""


def of_the_wire() -> set[str]:
    """What is sure to read messages, by its name or by what it declares."""
    modules = [path for top in ("hooks", "plugins") for path in (ROOT / top).rglob("*.py")]
    return {
        path.relative_to(ROOT).as_posix()
        for path in modules
        if path.name == "message.py"
        or "class BadMessage(" in path.read_text()
        or "class BadFrame(" in path.read_text()
    }


def test_every_module_of_messages_is_listed() -> None:
    assert of_the_wire() - set(FUZZED) == set()


@pytest.mark.parametrize(("module", "test"), FUZZED.items(), ids=FUZZED)
def test_what_is_listed_is_there_and_generates_its_input(module: str, test: str) -> None:
    text = (ROOT / test).read_text()
    assert "@given(" in text
    assert module.removesuffix(".py").split("/", 1)[1].replace("/", ".") in text
