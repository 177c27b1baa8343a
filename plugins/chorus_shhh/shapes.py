"""What a value looks like: a reference, something harmless, something random. Pure."""

import math
import re
from collections import Counter
from typing import Final

_PLACEHOLDER: Final = re.compile(
    r"""\s*(?:
      \$\{?[A-Za-z_][\w.:?/-]*\}?            # $VAR, ${VAR}, ${VAR:-x}
    | \$\(.*\) | \{\{.*\}\} | %[\w(){}]+%?s? # $(cmd), {{ template }}, %VAR%
    | <[^>]*> | \[[^\]]*\]                   # <token>, [REDACTED]
    | [*xX.•-]+ | \.\.\.                     # ****, xxxx
    | (?:your|my|the|some|insert|enter|put|replace|add)[-_ ].*
    | true|false|yes|no|on|off|none|null|nil|undefined|unset|todo|tbd|n/?a
    | redacted|masked|hidden|prompt|ask|example|sample|placeholder|dummy
    )\s*""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_HARMLESS: Final = re.compile(
    r"""
      [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}     # UUID
    | (?:sha(?:1|224|256|384|512)|md5|blake2b|h1)[:-][\w+/=:-]+ # digests, integrity
    | [0-9a-f]{32} | [0-9a-f]{40} | [0-9a-f]{56} | [0-9a-f]{64} | [0-9a-f]{96} | [0-9a-f]{128}
    | 12D3KooW[1-9A-HJ-NP-Za-km-z]{44} | Qm[1-9A-HJ-NP-Za-km-z]{44} | baf[a-z2-7]{50,} | k51[a-z0-9]{50,}
    | age1[a-z0-9]{50,}
    | v?\d+(?:\.\d+)+(?:[-+.][\w.+-]+)?                          # versions, addresses
    | [\d.:,_T+Z-]+                                              # numbers, times
    | ucxl://\S* | did:\S+ | urn:\S+
    | \.{0,2}/[^\s:@]*(?::\.{0,2}/[^\s:@]*)*                     # paths, search paths
    | ~/\S*
    | (?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-ssh-\S+)\s[A-Za-z0-9+/=]+(?:\s.*)?
    | MII[A-Za-z0-9+/=]+                                         # DER, a certificate
    | data:[a-z]+/\S+
    """,
    re.VERBOSE,
)

_SAMPLE: Final = re.compile(r"(.)\1{7}|12345678|abcdefgh|87654321", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_+/=~.-]{20,160}")
_RUN: Final = re.compile(r"[\w.:+/=-]{24,}")
_WORDLIKE: Final = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{4,}")


def is_placeholder(value: str) -> bool:
    """Nothing yet: a reference to another variable, a template, asterisks, a yes or no."""
    return not value.strip() or _PLACEHOLDER.fullmatch(value) is not None


def is_sample(value: str) -> bool:
    """Made up for a manual: counted up, or one character over and over."""
    return _SAMPLE.search(value) is not None


def is_harmless(value: str) -> bool:
    """Something public by its shape: a digest, an id, a version, a path, a public key, a plain URL."""
    return _HARMLESS.fullmatch(value.strip()) is not None


def is_number(value: str) -> bool:
    """A number, with or without a unit."""
    return re.fullmatch(r"[-+]?\d+(?:[.,]\d+)?\s*[A-Za-z%]{0,3}", value.strip()) is not None


def may_be_token(text: str) -> bool:
    """A cheap look: whether anything in a text could be a token at all."""
    return any(_few_words(run) and not is_harmless(run) for run in _RUN.findall(text))


def looks_random(value: str) -> bool:
    """One token that nobody would type: long, of mixed characters, of few words, of high entropy."""
    token = value.strip()
    if _TOKEN.fullmatch(token) is None or is_harmless(token):
        return False
    classes = sum(bool(re.search(kind, token)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    if classes < 3 or token.count("/") + token.count(".") > len(token) // 12:
        return False
    return _few_words(token) and entropy(token) >= min(4.0, 0.85 * math.log2(len(token)))


def _few_words(token: str) -> bool:
    return sum(len(word) for word in _WORDLIKE.findall(token)) * 2 < len(token)


def entropy(text: str) -> float:
    """Shannon entropy, in bits for each character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())
