"""Which bytes come from whom: each byte once, whatever the holders do, and all of them in the end."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chorus_journal.exchange.plan import HALVED, RANGE, Plan, Range

HOLDERS = ("a", "b", "c")
SIZE = 3 * RANGE + 17


class Fetching(RuleBasedStateMachine):
    """Holders that take ranges, bring some bytes, and give up, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = Plan([(5, RANGE), (RANGE + 1, SIZE)])
        self.missing = SIZE - 6
        self.given: dict[str, Range] = {}
        self.brought: list[tuple[int, int]] = []

    @rule(holder=st.sampled_from(HOLDERS))
    def take(self, holder: str) -> None:
        if holder in self.given:
            return
        given = self.plan.give(holder)
        if given is not None:
            assert 0 < given.left <= RANGE
            self.given[holder] = given

    @precondition(lambda self: self.given)
    @rule(data=st.data(), part=st.sampled_from([1, 1000, HALVED, RANGE]))
    def bring(self, data: st.DataObject, part: int) -> None:
        given = self.given[data.draw(st.sampled_from(sorted(self.given)))]
        count = min(part, given.left)
        if count:
            self.brought.append((given.at, given.at + count))
            given.at += count
            self.missing -= count

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        holder = data.draw(st.sampled_from(sorted(self.given)))
        self.plan.end(holder)
        del self.given[holder]

    @invariant()
    def no_byte_is_brought_twice(self) -> None:
        brought = sorted(self.brought)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(brought))

    @invariant()
    def it_is_done_when_nothing_is_missing_and_nobody_is_at_work(self) -> None:
        assert self.plan.done == (not self.missing and not self.given)

    def teardown(self) -> None:
        for holder in list(self.given):
            self.plan.end(holder)
        while (given := self.plan.give("last")) is not None:
            self.missing -= given.left
            given.at = given.end
            self.plan.end("last")
        assert self.plan.done
        assert self.missing == 0


Fetching.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestFetching = Fetching.TestCase


def test_who_has_nothing_left_to_do_takes_over_half_of_what_another_has() -> None:
    plan = Plan([(0, RANGE)])
    slow = plan.give("slow")
    assert slow is not None
    quick = plan.give("quick")
    assert quick == Range(RANGE // 2, RANGE)
    assert slow == Range(0, RANGE // 2)


def test_a_little_that_is_missing_is_left_to_who_has_it() -> None:
    plan = Plan([(0, HALVED - 1)])
    plan.give("one")
    assert plan.give("other") is None
