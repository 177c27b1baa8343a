import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_identity.key_pair import KeyPair


@pytest.fixture
def pair() -> KeyPair:
    return KeyPair(Ed25519PrivateKey.generate())


def test_its_signature_verifies_under_its_peer_id(pair: KeyPair) -> None:
    assert pair.verify(pair.peer_id, b"message", pair.sign(b"message"))


def test_signs_as_rfc_8032_says() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    pair = KeyPair(Ed25519PrivateKey.from_private_bytes(seed))
    assert pair.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert pair.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


def test_a_changed_message_or_signature_or_signer_does_not_verify(pair: KeyPair) -> None:
    signature = pair.sign(b"message")
    other = KeyPair(Ed25519PrivateKey.generate())
    assert not pair.verify(pair.peer_id, b"massage", signature)
    assert not pair.verify(pair.peer_id, b"message", bytes(64))
    assert not pair.verify(pair.peer_id, b"message", b"short")
    assert not pair.verify(other.peer_id, b"message", signature)


@pytest.mark.parametrize("peer_id", ["", "nobody", "é", "1" * 5000, "12D3KooW"])
def test_verify_says_no_to_what_is_no_peer_id(pair: KeyPair, peer_id: str) -> None:
    assert not pair.verify(peer_id, b"message", pair.sign(b"message"))


def test_its_repr_shows_the_peer_id_alone(pair: KeyPair) -> None:
    assert repr(pair) == f"KeyPair({pair.peer_id})"
