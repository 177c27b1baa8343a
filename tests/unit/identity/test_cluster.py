"""What follows from the secret: the keys as RFC 5869 has them, a public tag, and nothing that shows it."""

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chorus_hooks.setting import SecretError
from chorus_identity.cluster import TAG_PURPOSE, SecretCluster
from chorus_identity.cluster_secret import new_secret, parse_secret
from chorus_identity.join_token import JoinToken, decode_token

SECRET = "test-secret-0123456789abcdef-0123456789"
CLUSTER = SecretCluster(JoinToken(SECRET, ("/ip4/10.0.0.1/tcp/9000",)))


def test_keys_are_hkdf_sha_256_of_the_secret_with_the_purpose_as_info() -> None:
    expected = HKDF(SHA256(), 48, salt=None, info=b"libp2p psk").derive(SECRET.encode())
    assert CLUSTER.key("libp2p psk", 48) == expected


def test_purposes_and_secrets_have_keys_of_their_own() -> None:
    other = SecretCluster(JoinToken(SECRET + "x"))
    assert len({CLUSTER.key("a"), CLUSTER.key("b"), other.key("a"), other.key("b")}) == 4
    assert SecretCluster(JoinToken(SECRET)).key("a") == CLUSTER.key("a")


def test_the_tag_names_the_cluster_and_is_part_of_no_key() -> None:
    assert CLUSTER.tag == SecretCluster(JoinToken(SECRET)).tag
    assert CLUSTER.tag != SecretCluster(JoinToken(SECRET + "x")).tag
    assert len(bytes.fromhex(CLUSTER.tag)) == 8
    with pytest.raises(ValueError, match="public"):
        CLUSTER.key(TAG_PURPOSE)


def test_its_join_token_carries_the_secret_and_the_addresses() -> None:
    here = ("/ip4/10.0.0.2/tcp/9001",)
    assert decode_token(CLUSTER.join_token(here)) == JoinToken(SECRET, here)
    assert CLUSTER.introducers == ("/ip4/10.0.0.1/tcp/9000",)


def test_it_never_shows_the_secret() -> None:
    assert repr(CLUSTER) == f"SecretCluster({CLUSTER.tag})"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("tooshort", "it has 8 characters"),
        ("x" * 64, "fewer than 10 different"),
        ("0123456789abcdef " * 3, "without spaces"),
        ("0123456789abcdef\u00e9" * 3, "ASCII"),
        ("0123456789abcdef" * 20, "it has 320 characters"),
        ("", "it has 0 characters"),
    ],
)
def test_a_weak_secret_is_refused_without_being_shown(value: str, said: str) -> None:
    with pytest.raises(SecretError, match=said) as caught:
        parse_secret(value)
    assert not value or value not in str(caught.value)


def test_a_new_secret_is_a_good_one_and_another_each_time() -> None:
    assert len({parse_secret(new_secret()) for _ in range(20)}) == 20
