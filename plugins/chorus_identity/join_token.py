"""The join token: secret and addresses in one word that a person can copy. Pure.

    chorus1 + base58check(text)        letters and digits only: a double click takes all of it

    text = secret, and lines of addresses (multiaddrs), which `/p2p/<peer id>` lines complete:
           <secret> LF /p2p/12D3KooW… LF /ip4/192.168.1.5/tcp/9000 LF /dns4/host.example/tcp/9000

base58check is what Bitcoin writes addresses in: four bytes of SHA-256d make a wrong character visible.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import base58

from chorus_hooks.setting import SecretError
from chorus_identity.cluster_secret import parse_secret

PREFIX: Final = "chorus1"
LONGEST: Final = 4096
"""Characters of a token: base58 takes a time that grows with the square of them."""
MOST_ADDRESSES: Final = 16
LONGEST_ADDRESS: Final = 512

_PEER: Final = "/p2p/"


@dataclass(frozen=True)
class JoinToken:
    """What a token carries. Its secret is not shown by `repr`."""

    secret: str = field(repr=False)
    addresses: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "********"


def encode_token(token: JoinToken) -> str:
    """The word. Raises ValueError when an address has characters that no multiaddr has, or is too long."""
    addresses = token.addresses[:MOST_ADDRESSES]
    for address in addresses:
        _check_address(address)
    text = "\n".join([token.secret, *_shortened(addresses)])
    return PREFIX + base58.b58encode_check(text.encode("ascii")).decode()


def decode_token(word: str) -> JoinToken:
    """Read a token back; spaces and line ends that copying put into it are passed over.

    Raises SecretError, which shows nothing of it, when it is not whole.
    """
    word = "".join(word.split())
    if not word.startswith(PREFIX):
        raise SecretError(_not_ours(word))
    if len(word) > LONGEST:
        raise SecretError(f"a join token has no more than {LONGEST} characters, and this has {len(word)}")
    try:
        text = base58.b58decode_check(word.removeprefix(PREFIX)).decode("ascii")
    except ValueError:
        raise SecretError("a character of the join token is wrong or missing: copy it once more") from None
    secret, *lines = text.split("\n")
    addresses = tuple(_whole(lines))
    if len(addresses) > MOST_ADDRESSES:
        raise SecretError(f"the join token has more than {MOST_ADDRESSES} addresses")
    return JoinToken(parse_secret(secret), addresses)


def _not_ours(word: str) -> str:
    if word.startswith("chorus") and word[6:7].isdigit():
        return "the join token was made by another version of CHORUS, which has another form of it"
    return f"a join token begins with {PREFIX}: `chorus join-token` prints one"


def _shortened(addresses: Iterable[str]) -> Iterator[str]:
    peer = ""
    for address in addresses:
        place, mark, peer_id = address.rpartition(_PEER)
        if not mark:
            place, peer_id = address, ""
        if peer_id != peer:
            peer = peer_id
            yield _PEER + peer
        yield place


def _whole(lines: Iterable[str]) -> Iterator[str]:
    peer = ""
    for line in lines:
        if line.startswith(_PEER):
            peer = line if line != _PEER else ""
        else:
            _check_address(line + peer)
            yield line + peer


def _check_address(address: str) -> None:
    fit = address.isascii() and address.isprintable() and " " not in address
    if not (fit and address.startswith("/") and not address.startswith(_PEER)):
        raise SecretError("the join token has an address that is no multiaddr")
    if len(address) > LONGEST_ADDRESS:
        raise SecretError("the join token has an address that is too long")
