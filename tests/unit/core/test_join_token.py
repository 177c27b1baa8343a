"""`chorus join-token`: which addresses it gives, and what it says of them."""

import json
from pathlib import Path

from chorus.commands.join_token import notes, reachable
from chorus.endpoint import announced, p2p_addresses
from chorus.state_dir import open_state_dir

LAN = "/ip4/192.0.2.1/tcp/9000/p2p/12D3"
HERE = "/ip4/127.0.0.1/tcp/9000/p2p/12D3"


def test_addresses_that_lead_from_elsewhere_go_into_the_token_and_others_only_when_there_is_no_better() -> (
    None
):
    assert reachable((HERE, LAN, "/ip6/::1/tcp/9000")) == (LAN,)
    assert reachable((HERE,)) == (HERE,)
    assert reachable(()) == ()


def test_it_says_that_it_is_secret_and_why_it_may_not_lead_here() -> None:
    assert [len(notes(found)) for found in ((LAN, HERE), (HERE,), ())] == [1, 2, 2]
    assert "this machine only" in notes((HERE,))[1]
    assert "no node is up" in notes(())[1]


def test_addresses_are_those_of_the_node_that_is_up(tmp_path: Path) -> None:
    with open_state_dir(tmp_path, serving=True):
        assert p2p_addresses(tmp_path) == ()
        with announced(tmp_path / "api.json", {"p2p": [LAN]}):
            assert p2p_addresses(tmp_path) == (LAN,)
    (tmp_path / "api.json").write_text(json.dumps({"p2p": [LAN]}))
    assert p2p_addresses(tmp_path) == ()
