"""An agent that means harm, or is broken: what it tries, and what it got, as JSON on stdout.

python3 hostile.py requests|silent|leave|many|flood
"""

import json
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

BASE = os.environ["OPENAI_BASE_URL"]
WHERE = (urlsplit(BASE).hostname or "", urlsplit(BASE).port or 0)
KEY = os.environ["OPENAI_API_KEY"]
CHAT = "/v1/chat/completions"
GOOD: dict[str, Any] = {"model": "chorus", "messages": [{"role": "user", "content": "hello"}]}


def post(path: str, body: bytes, key: str = KEY) -> tuple[int, Any]:
    """Status and document."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(BASE.removesuffix("/v1") + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        raw = error.read()
        return error.code, json.loads(raw) if raw else None


def chat(**changes: Any) -> tuple[int, Any]:
    """A request with something changed."""
    return post(CHAT, json.dumps({**GOOD, **changes}).encode())


def raw(data: bytes, then: bytes = b"", times: int = 0) -> str:
    """The first line of what comes back to these bytes."""
    with socket.create_connection(WHERE, 30) as client:
        client.settimeout(30)
        client.sendall(data)

        def more() -> None:
            try:
                for _ in range(times):
                    client.sendall(then)
            except OSError:
                pass  # it hung up, as it should

        sender = threading.Thread(target=more, daemon=True)
        sender.start()
        got = client.recv(4096)
        return got.split(b"\r\n", 1)[0].decode("latin-1")


def head(length: str) -> bytes:
    return f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n{length}\r\n\r\n".encode()


def requests() -> dict[str, Any]:
    """Everything that is refused."""
    piece = b"x" * (1 << 16)
    picture = [{"type": "image_url", "image_url": {"url": "data:x"}}]
    return {
        "no_json": post(CHAT, b"{")[0],
        "deep_json": post(CHAT, b"[" * 200_000)[0],
        "not_utf8": post(CHAT, b'{"model": "\xff"}')[0],
        "no_object": post(CHAT, b"[]")[0],
        "wrong_types": chat(messages="hello")[0],
        "no_messages": chat(messages=[])[0],
        "no_role": chat(messages=[{"role": "root", "content": "x"}])[0],
        "picture": chat(messages=[{"role": "user", "content": picture}])[0],
        "many": chat(messages=[GOOD["messages"][0]] * 5000)[0],
        "two_replies": chat(n=2)[0],
        "other_model": chat(model="gpt-5"),
        "wrong_key": post(CHAT, json.dumps(GOOD).encode(), key="guess"),
        "no_such_path": post("/v1/embeddings", b"{}")[0],
        "escape": post("/v1/../../etc/passwd", b"{}")[0],
        "other_method": raw(f"GET {CHAT} HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n\r\n".encode()),
        "head": raw(f"HEAD / HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n\r\n".encode()),
        "no_http": raw(b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 100 + b"\r\n\r\n"),
        "long_head": raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
        "smuggled": raw(head("Content-Length: 5\r\nContent-Length: 6")),
        "gigabyte": raw(head("Content-Length: 1073741824"), piece, 1 << 14),
        "chunked": raw(head("Transfer-Encoding: chunked"), b"10000\r\n" + piece + b"\r\n", 1 << 14),
        "anthropic": post("/v1/messages", b"{"),
    }


def many() -> list[int]:
    """More connections than there may be, all at once: each has its turn."""
    found: list[int] = []

    def one() -> None:
        found.append(chat()[0])

    threads = [threading.Thread(target=one) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def leave() -> str:
    """Ask for a stream without end, and go away in the middle of it."""
    body = json.dumps({**GOOD, "stream": True}).encode()
    with socket.create_connection(WHERE, 30) as client:
        client.sendall(head(f"Content-Length: {len(body)}") + body)
        said = b""
        while said.count(b"data:") < 3:
            said += client.recv(4096)
    return "left"


def silent() -> str:
    """Connections that say nothing, and one that does not read what it asked for."""
    held = [socket.create_connection(WHERE, 30) for _ in range(14)]
    body = json.dumps({**GOOD, "stream": True}).encode()
    held[0].sendall(head(f"Content-Length: {len(body)}") + body)
    time.sleep(0.5)  # it is being answered, and nobody reads it
    held[0].close()
    return str(chat()[0])


def flood() -> list[int]:
    """Nonsense, more often than anybody wants to read of it."""
    return sorted({post("/v1/nonsense", b"{}")[0] for _ in range(500)})


if __name__ == "__main__":
    print(json.dumps({one.__name__: one for one in (requests, many, leave, silent, flood)}[sys.argv[1]]()))
