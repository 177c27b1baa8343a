"""Which environment variables are refused. Every secret here is made up by `made`, none was ever valid."""

import random
import string
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_shhh.mask import mask
from chorus_shhh.scanner import LocalScanner

SCANNER = LocalScanner()
ALPHANUMERIC = string.ascii_letters + string.digits


def made(length: int, alphabet: str = ALPHANUMERIC) -> str:
    """A synthetic secret: random, but the same each time."""
    return "".join(random.Random(length).choices(alphabet, k=length))


HARMLESS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/bin:/bin",
    "PWD": "/home/dev/project",
    "OLDPWD": "/home/dev",
    "HOME": "/workspace/data",
    "LANG": "en_US.UTF-8",
    "LS_COLORS": "rs=0:di=01;34:ln=01;36:*.tar=01;31",
    "NODE_OPTIONS": "--max-old-space-size=4096",
    "PYTEST_ADDOPTS": "-q --strict-markers",
    "GITHUB_SHA": "f5c0bc8985576a89c5936572e5a24fec89a5f5dd",
    "IMAGE": "registry.test/app@sha256:" + made(64, "0123456789abcdef"),
    "SOURCE_DATE_EPOCH": "1700000000",
    "DATABASE_URL": "postgresql://localhost:5432/app?sslmode=disable",
    "PROXY": "http://proxy.test:3128",
    "KEYBOARD": "us",
    "KEYMAP": "de-latin1",
    "PUBLIC_KEY": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + made(43) + " me@host",
    "SSH_PUBLIC_KEY": made(60),
    "PRIMARY_KEY": "id",
    "SORT_KEY": "created_at",
    "CACHE_KEY": "deps-v3-linux",
    "PASSWORD_FILE": "/run/secrets/password",
    "TOKEN_URL": "https://auth.test/oauth/token",
    "SECRET_NAME": "database",
    "MAX_TOKENS": "4096",
    "TOKENIZERS_PARALLELISM": "false",
    "PASSWORD_MIN_LENGTH": "12",
    "PASSWORD": "",
    "API_KEY": "${API_KEY}",
    "GITHUB_TOKEN": "$GITHUB_TOKEN",
    "SECRET_KEY": "<your-secret-key>",
    "DB_PASSWORD": "********",
    "USE_TOKEN": "true",
    "DECISION": "ucxl://agent:developer@project:task/~~/src/main.py",
    "PEER": "12D3KooW" + made(44, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"),
    "RUN_ID": "6f1c2c52-0d53-4d1b-9f0a-6c8f4b1f6f0e",
    "VERSION": "v1.25.3-rc.1+build.7",
    "JAVA_HOME": "/usr/lib/jvm/java-21-openjdk-amd64",
    "CLASS": "com.example.service.AbstractSingletonProxyFactoryBean2",
    "INTEGRITY": "sha512-" + made(86) + "==",
    "CHECKSUM": made(44),
    "AUTHOR": "A. U. Thor",
    "COMPASS": "north",
    "MONKEY": "banana",
}

SECRET = {
    "PASSWORD": "correct horse",
    "POSTGRES_PASSWORD": "postgres1",
    "dbPassword": "hunter22",
    "DB_PWD": "hunter22",
    "MYSQL_ROOT_PASSWORD_2": "hunter22",
    "PIN_SECRET": "hunter22",
    "API_KEY": made(32, "0123456789abcdef"),
    "OPENAI_APIKEY": made(20),
    "SIGNING_KEY": made(64, "0123456789abcdef"),
    "AUTH_TOKEN": made(24),
    "SEED_PHRASE": "maple winter copper correct planet harbor",
    "PASSPHRASE": "94381234",
    "X1": "gh" + "p_" + made(36),
    "X2": "AGE-SECRET-" + "KEY-1" + made(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    "X3": "-----BEGIN OPENSSH " + "PRIVATE KEY-----\n" + made(70) + "\n-----END",
    "X4": "postgresql://app:" + made(16) + "@db.test/prod",
    "X5": "Authorization: Bearer " + made(40),
    "X6": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiI1OTY5MTg2NTY0In0." + made(43),
    "X7": "A" + "KIA" + made(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
    "X8": made(44),
    "JOINED": "chorus" + "1" + made(200, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789"),
    "X9": "mysqldump --password=" + made(14),
    "X10": "https://hooks.slack.com/services/T" + made(9) + "/B" + made(10) + "/" + made(24),
    "MAILCHIMP": made(32, "0123456789abcdefghijklmnopqrstuvwxyz") + "-us12",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_an_ordinary_variable_is_no_finding(name: str) -> None:
    assert SCANNER.scan_variable(name, HARMLESS[name]) == []


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_found_once_and_masked(name: str) -> None:
    value = SECRET[name]
    (finding,) = SCANNER.scan_variable(name, value)
    assert finding.where == name
    assert value[:5] not in finding.masked
    assert str(len(value)) in finding.masked


@given(st.text(max_size=80))
def test_a_mask_shows_at_most_four_characters(secret: str) -> None:
    shown = mask(secret).partition("…")[0]
    assert len(shown) <= min(4, len(secret) / 5)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_name_and_no_value_makes_it_fail(name: str, value: str) -> None:
    SCANNER.scan_variable(name, value)
    SCANNER.scan(value, where="x")


def test_an_empty_or_plain_environment_imports_no_detect_secrets() -> None:
    code = (
        "import sys; from chorus_shhh.scanner import LocalScanner; s = LocalScanner();"
        f"[s.scan_variable(k, v) for k, v in { ({'CI': '1', **dict(list(HARMLESS.items())[:5])})!r}.items()];"
        "s.scan_variable('PASSWORD', 'hunter22');"
        "sys.exit('detect_secrets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_detect_secrets_is_asked_for_what_our_table_does_not_know() -> None:
    (finding,) = SCANNER.scan_variable("X", SECRET["MAILCHIMP"])
    assert finding.rule == "mailchimp-access-key"


def test_threads_find_the_same() -> None:
    text = "\n".join(f"{name}={value}" for name, value in SECRET.items())
    expected = SCANNER.scan(text, where="x")
    assert len(expected) >= len(SECRET) // 2
    fresh = LocalScanner()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: fresh.scan(text, where="x"), range(40)))
    assert all(result == expected for result in results)


def test_a_finding_in_a_text_tells_the_line() -> None:
    (finding,) = SCANNER.scan("a\nb = 'gh" + "p_" + made(36) + "'\n", where="notes.txt")
    assert (finding.rule, finding.where) == ("github-token", "notes.txt:2")


@pytest.mark.parametrize(
    "line", ["token = get_token()", "password: str", "if secret == value:", "// api_key=KEY"]
)
def test_code_that_speaks_of_secrets_is_no_finding(line: str) -> None:
    assert SCANNER.scan(line, where="x") == []


@pytest.mark.parametrize("end", ["", "://", "@", " -u", "="])
@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "=",
        "/",
        "-",
        "eyJ",
        "eyJ-",
        "eyJ.",
        "xox",
        "a1B",
        "=//",
        "curl ",
        "login ",
        "password ",
        "a=a",
        "://a:",
        "bearer",
        " ",
    ],
)
def test_a_long_line_takes_no_long_time(piece: str, end: str) -> None:
    began = time.process_time()
    SCANNER.scan(piece * (100_000 // len(piece)) + end, where="x")
    assert time.process_time() - began < 2
