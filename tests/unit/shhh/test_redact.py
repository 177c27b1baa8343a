"""Secrets taken out of a text. Every secret here is made up by `made`, none was ever valid."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_shhh.scanner import LocalScanner
from tests.unit.shhh.test_variables import made

SCANNER = LocalScanner()
TOKEN = "ghp_" + made(36)
BODY = "\n".join(made(64) for _ in range(3))
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----"
PUTTY = (
    f"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 3\n{BODY}\nPrivate-MAC: {made(40)}"
)


def test_a_secret_is_replaced_and_all_else_stays() -> None:
    text = f"a = 1\nexport T={TOKEN}  # {TOKEN}\nend\n"
    masked = SCANNER.redact(text)
    assert masked == "a = 1\nexport T=[REDACTED github-token]  # [REDACTED github-token]\nend\n"


@pytest.mark.parametrize("text", [KEY, KEY.rpartition("\n")[0], KEY.replace("\n", "\\n"), PUTTY])
def test_of_a_private_key_nothing_is_left(text: str) -> None:
    masked = SCANNER.redact(f"before\n{text}\nafter, in words")
    assert masked.startswith("before\n[REDACTED p")
    assert masked.endswith("after, in words")
    assert not any(line in masked for line in BODY.split("\n"))


def test_what_is_redacted_is_not_found_again() -> None:
    once = SCANNER.redact(f"{TOKEN}\n{KEY}\npassword=hunter22;")
    assert SCANNER.scan(once, where="x") == []
    assert SCANNER.redact(once) == once


@given(st.text(alphabet="abcXYZ123 \n=:/.-", max_size=200))
def test_a_text_without_a_finding_stays_as_it_is(text: str) -> None:
    if not SCANNER.scan(text, where="x"):
        assert SCANNER.redact(text) == text


def test_a_flood_of_beginnings_takes_no_time() -> None:
    began = time.perf_counter()
    SCANNER.redact("-----BEGIN PRIVATE KEY----- \\\n" * 2000)
    assert time.perf_counter() - began < 5
