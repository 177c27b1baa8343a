"""DOCKER_HOST is read as docker reads it, or refused with a reason."""

import pytest

from chorus_docker.endpoint import parse_endpoint


@pytest.mark.parametrize(
    ("text", "path", "host", "port"),
    [
        ("", "/var/run/docker.sock", "", 0),
        ("unix:///run/user/1000/docker.sock", "/run/user/1000/docker.sock", "", 0),
        ("tcp://127.0.0.1:2375", "", "127.0.0.1", 2375),
        ("tcp://[::1]:99/", "", "::1", 99),
        ("tcp://engine", "", "engine", 2375),
    ],
)
def test_sockets_and_addresses(text: str, path: str, host: str, port: int) -> None:
    read = parse_endpoint(text)
    assert (read.path, read.host, read.port) == (path, host, port)


@pytest.mark.parametrize(
    "text",
    [
        "ssh://me@there",
        "/var/run/docker.sock",
        "unix://",
        "tcp://",
        "tcp://a:b",
        "tcp://h:1/x",
        "npipe:////x",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_endpoint(text)
