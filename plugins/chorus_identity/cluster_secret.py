"""What is taken for a cluster secret. Pure.

Its tag is public, so whoever hears it may try secrets against it, as many as his machines can. Only a random
secret withstands that, which no length proves; these rules stop what is surely none.
"""

import secrets
from typing import Final

import base58

from chorus_hooks.setting import SecretError

SHORTEST: Final = 32
LONGEST: Final = 256
FEWEST_DIFFERENT: Final = 10
RULE: Final = f"{SHORTEST} to {LONGEST} printable ASCII characters without spaces"


def parse_secret(value: str) -> str:
    """Take a secret as it is. Raises SecretError, which does not show it, when it cannot be a good one."""
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SecretError(f"a cluster secret has {RULE}")
    if not SHORTEST <= len(value) <= LONGEST:
        raise SecretError(
            f"it has {len(value)} characters, and a cluster secret has {RULE}: openssl rand -hex 32"
        )
    if len(set(value)) < FEWEST_DIFFERENT:
        raise SecretError(f"it has fewer than {FEWEST_DIFFERENT} different characters, so it is not random")
    return value


def new_secret() -> str:
    """256 random bits in base58."""
    return base58.b58encode(secrets.token_bytes(32)).decode()
