"""A transport that can send several writes as one."""

import asyncio

import pytest

from chorus_http.server.corked import Corked


class Wire(asyncio.Transport):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.done.append(bytes(data))

    def close(self) -> None:
        self.done.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.done


def test_what_is_written_while_it_is_corked_goes_out_as_one() -> None:
    wire = Wire()
    transport = Corked(wire)
    with transport.corked():
        transport.write(b"head ")
        transport.write(b"")
        transport.write(b"body")
        assert wire.done == []
    transport.write(b"more")
    assert wire.done == [b"head body", b"more"]


def test_nothing_is_sent_when_nothing_was_written() -> None:
    wire = Wire()
    with Corked(wire).corked():
        pass
    assert wire.done == []


def test_a_close_comes_after_what_was_held() -> None:
    wire = Wire()
    transport = Corked(wire)
    with transport.corked():
        transport.write(b"answer")
        transport.close()
        assert transport.is_closing()
    assert wire.done == [b"answer", "closed"]


def test_what_was_held_goes_out_when_an_answer_fails() -> None:
    wire = Wire()
    transport = Corked(wire)
    with pytest.raises(ValueError), transport.corked():
        transport.write(b"some of it")
        raise ValueError
    assert wire.done == [b"some of it"]
