"""Any sequence of replies and outcomes, garbage included, ends within the limits, and exactly once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chorus_hooks.provider import ToolCall
from chorus_hooks.task import Reason
from chorus_reasoner.action import Edit, Run, Write
from chorus_reasoner.context import fit, message_tokens
from chorus_reasoner.event import Ask, Consent, Effect, End, Event, Fault, Propose, Reply, Said, Seen
from chorus_reasoner.loop import Loop
from chorus_reasoner.rules import Approve, Rules
from chorus_reasoner.talk import Talk

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "```bash\nls\n```",
            "```bash\nls\n```\n```bash\nrm x\n```",
            "```file a.py\nx\n```",
            "````\n```",
            "SUBMIT: done",
            "GIVE UP",
            "```bash",
        ]
    ),
)
CALLS = st.builds(
    ToolCall,
    st.text(max_size=5),
    st.sampled_from(["run", "write", "edit", "submit", "give_up", "format_disk", ""]),
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ['{"command": "ls"}', '{"path": "a", "content": "b"}', '{"summary": "s"}', "{", "[]"]
        ),
    ),
)
REPLIES = st.builds(
    Reply,
    text=TEXTS,
    calls=st.lists(CALLS, max_size=3).map(tuple),
    model=st.sampled_from(["a/b", "c/d"]),
    prompt_tokens=st.integers(0, 50),
    reply_tokens=st.integers(0, 50),
    cost=st.one_of(st.none(), st.floats(0, 1)),
    shortened=st.booleans(),
)
OUTCOMES = st.builds(
    Seen,
    ended=st.sampled_from(["exited", "timeout", "oom", "output_limit", "disk_limit", "refused"]),
    code=st.one_of(st.none(), st.integers(0, 255)),
    text=st.text(max_size=60),
    size=st.integers(0, 1 << 40),
    wall_s=st.floats(0, 20),
)
APPROVALS: list[Approve] = ["none", "plan", "command"]
FAULTS: list[Reason] = ["model_unavailable", "sandbox_lost", "cost_limit"]


class AnyAttempt(RuleBasedStateMachine):
    """Feeds a loop whatever it may be fed in its state."""

    @initialize(
        steps=st.integers(1, 8),
        tokens=st.one_of(st.none(), st.integers(1, 300)),
        cost=st.one_of(st.none(), st.floats(0.1, 3)),
        time=st.floats(0, 60),
        approve=st.sampled_from(APPROVALS),
    )
    def begin(
        self, steps: int, tokens: int | None, cost: float | None, time: float, approve: Approve
    ) -> None:
        self.limits = Rules(steps=steps, tokens=tokens, cost=cost, approve=approve)
        self.approved = 0
        self.loop = Loop(self.limits, Talk("the prompt", "the goal"))
        self.left_s = time
        self.replies = 0
        self.outcomes = 0
        self.effect: Effect = self.loop.begin(time)
        self.check()

    @precondition(lambda self: isinstance(self.effect, Ask))
    @rule(reply=REPLIES)
    def reply(self, reply: Reply) -> None:
        self.replies += 1
        self.take(reply)

    @precondition(lambda self: isinstance(self.effect, Ask))
    @rule(text=st.one_of(st.text(max_size=60), st.just("mind the tests " * 200)))
    def say(self, text: str) -> None:
        before = self.effect
        self.take(Said(text, "me"))
        assert self.effect == before, "it goes on where it was"

    @precondition(lambda self: isinstance(self.effect, Propose))
    @rule(approved=st.booleans(), why=st.sampled_from(["", "not that"]))
    def answer(self, approved: bool, why: str) -> None:
        self.approved += approved
        self.take(Consent(approved, "nobody", why))
        assert approved or isinstance(self.effect, End | Ask if why else End)

    @precondition(lambda self: isinstance(self.effect, Run | Write | Edit))
    @rule(seen=OUTCOMES)
    def outcome(self, seen: Seen) -> None:
        self.outcomes += 1
        self.left_s = max(0.0, self.left_s - seen.wall_s)
        self.take(seen)

    @precondition(lambda self: not isinstance(self.effect, End))
    @rule(reason=st.sampled_from(FAULTS))
    def fault(self, reason: Reason) -> None:
        self.take(Fault(reason, "it broke"))
        assert isinstance(self.effect, End)

    @precondition(lambda self: isinstance(self.effect, End))
    @rule(event=st.one_of(REPLIES, OUTCOMES))
    def too_late(self, event: Event) -> None:
        try:
            self.loop.take(event, self.left_s)
        except RuntimeError:
            return
        raise AssertionError("something was taken after the end")

    def take(self, event: Event) -> None:
        self.effect = self.loop.take(event, self.left_s)
        self.check()

    def check(self) -> None:
        spent = self.loop.spent
        assert self.outcomes <= self.replies <= self.limits.steps
        assert spent.steps == self.replies
        if isinstance(self.effect, Ask):
            assert self.replies < self.limits.steps
            assert self.limits.tokens is None or 0 < (self.effect.most or 0) <= self.limits.tokens
            assert self.limits.cost is None or spent.cost < self.limits.cost
            assert self.left_s > self.limits.reserve_s
        if isinstance(self.effect, Run | Write | Edit):
            assert self.left_s > self.limits.reserve_s
            wanted = {"none": 0, "plan": 1, "command": self.outcomes + 1}[self.limits.approve]
            assert self.approved == wanted
        for how in ("tools", "text"):
            messages = fit(self.loop.talk, how, 2000)
            assert messages is not None
            assert sum(map(message_tokens, messages)) <= 2000


TestAnyAttempt = AnyAttempt.TestCase
TestAnyAttempt.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
