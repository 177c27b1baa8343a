"""Callbacks that cross between two loops."""

from collections.abc import Callable
from functools import partial

import pytest

from chorus.mailbox import Mailbox


class Loop:
    """Another loop, which runs what it was woken for when the test says so."""

    def __init__(self) -> None:
        self.woken: list[Callable[[], object]] = []
        self.ended = False

    def wake(self, callback: Callable[[], object]) -> None:
        if self.ended:
            raise RuntimeError("the loop is closed")
        self.woken.append(callback)

    def run(self) -> None:
        woken, self.woken = self.woken, []
        for callback in woken:
            callback()


def test_many_posts_wake_once_and_arrive_in_order() -> None:
    loop, seen = Loop(), list[int]()
    mailbox = Mailbox(loop.wake)
    for number in range(5):
        mailbox.post(partial(seen.append, number))
    assert len(loop.woken) == 1
    loop.run()
    assert seen == [0, 1, 2, 3, 4]


def test_what_is_posted_during_a_delivery_comes_with_the_next_one() -> None:
    loop, seen = Loop(), list[str]()
    mailbox = Mailbox(loop.wake)

    def first() -> None:
        seen.append("first")
        mailbox.post(lambda: seen.append("second"))

    mailbox.post(first)
    loop.run()
    assert seen == ["first"]
    loop.run()
    assert seen == ["first", "second"]


def test_every_post_to_a_loop_that_has_ended_is_told_so() -> None:
    loop = Loop()
    mailbox = Mailbox(loop.wake)
    mailbox.post(lambda: None)
    loop.ended = True
    mailbox.end()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="closed"):
            mailbox.post(lambda: None)
