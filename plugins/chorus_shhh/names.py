"""Which names of variables promise a secret. Pure, and decided by the tables here."""

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# A secret wherever they stand, unless what follows says that it is about the secret.
_SECRET: Final = _words(
    "password passwd passphrase passcode pwd pass secret secrets token tokens credential credentials creds "
    "apikey apitoken authtoken authkey accesskey accesstoken secretkey privatekey privkey bearer "
    "authorization cookie jwt pat mnemonic pin otp"
)

# A secret together: the last two words of a name.
_PAIRS: Final = frozenset({("seed", "phrase"), ("recovery", "phrase"), ("auth", "json"), ("basic", "auth")})

# `*_KEY` is a secret, but not with one of these before it.
_OPEN_KEYS: Final = _words(
    "public pub primary foreign sort partition cache group lookup map shard routing row hash index "
    "object s3 idempotency translation message i18n feature config registry bucket host known turbo "
    "publishable site dict json query ssh"
)

# The variable is about a secret: where it is, how long, whose.
_ABOUT: Final = _words(
    "file path dir directory folder url uri endpoint name names id ids length len size ttl expiry expires "
    "expiration timeout age type kind count limit limits max min header policy regex pattern prefix suffix "
    "enabled disabled required issuer audience algorithm alg format version username user host port field "
    "param parameter label column provider manager store storage rotation interval budget usage per window "
    "backend helper command cmd prompt method mode scope scopes fingerprint hint reset validator"
)

# Alone they mean something else: the working directory, a verdict.
_NOT_ALONE: Final = frozenset({"pwd", "pass", "pin", "pat", "cookie", "otp", "secrets", "tokens"})
_HARMLESS: Final = frozenset({"OLDPWD", "SSH_AUTH_SOCK", "GPG_TTY", "INIT_CWD"})
_COUNTED: Final = _words("max min num n total prompt completion input output context")
_PUBLIC: Final = _words(
    "cert certificate crt ca pub digest checksum sum hash sha sha1 sha256 sha512 md5 integrity etag cid id "
    "uuid commit revision rev fingerprint thumbprint image icon logo nonce salt seed peer address"
)


def promises_public(name: str) -> bool:
    """Whether a variable of this name holds something that looks random but may be told: a digest, an id."""
    words = _split(name)
    return bool(words) and (words[-1] in _PUBLIC or tuple(words[-2:]) in (("public", "key"), ("pub", "key")))


def promises_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret: `DB_PASSWORD`, `apiKey`; not `TOKEN_FILE`, `PWD`."""
    words = _split(name)
    if not words or name.upper() in _HARMLESS or words[-1] in _ABOUT:
        return False
    if tuple(words[-2:]) in _PAIRS:
        return True
    if words[-1] in ("key", "keys"):
        return len(words) > 1 and words[-2] not in _OPEN_KEYS
    if words[-1] == "tokens" and _COUNTED.intersection(words):
        return False
    return any(word in _SECRET and (len(words) > 1 or word not in _NOT_ALONE) for word in words)


def _split(name: str) -> list[str]:
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and words[-1].isdecimal():
        words.pop()
    return words
