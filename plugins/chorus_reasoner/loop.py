"""The loop as a state machine: it takes what happened and says what is to be done. No I/O, no clock.

    plan --Reply--> consent --Consent--> ask
    ask  --Reply--> act --Seen--> ask
    ask  --Reply--> consent --Consent--> act
    plan, ask --Said--> the same
    any  ---------> ended     by submission, by giving up, by a limit, by a no, by a fault

It begins with `plan` where a person has to approve the plan, else with `ask`; `consent` comes where a person
has to approve what follows. `begin` and `take` each give one effect. After `End` nothing is taken any more.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from chorus_hooks.gate import Subject
from chorus_hooks.provider import ToolCall
from chorus_hooks.task import Reason
from chorus_reasoner import form, tools
from chorus_reasoner.action import (
    MAX_SUMMARY,
    Action,
    Deed,
    Edit,
    GiveUp,
    Malformed,
    Run,
    Split,
    Submit,
    Write,
    shown,
)
from chorus_reasoner.event import (
    Ask,
    Consent,
    Effect,
    End,
    Event,
    Fault,
    Parted,
    Propose,
    Reply,
    Said,
    Seen,
)
from chorus_reasoner.observation import (
    NO_PLAN,
    NO_SPLIT,
    PLAN_APPROVED,
    REPEATED,
    dropped,
    steps_left,
    told,
    told_fault,
    told_no,
)
from chorus_reasoner.rules import Rules, Spent, reached
from chorus_reasoner.talk import Talk, Turn

State = Literal["new", "plan", "ask", "consent", "act", "ended"]

_SUBJECTS: Final[dict[type[Deed], Subject]] = {Run: "command", Write: "write", Edit: "write", Split: "plan"}
_NEAR: Final = 3
_MOST_TOLD: Final = 300
_CALL_ID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?(?=\s?(?:s|ms|sec|secs|seconds)\b)")


class Loop:
    """One attempt at a goal. `talk` is the conversation so far, `spent` what it used."""

    def __init__(self, rules: Rules, talk: Talk) -> None:
        self.rules = rules
        self.talk = talk
        self.spent = Spent()
        self.state: State = "new"
        self._reply = Reply("")
        self._call: ToolCall | None = None
        self._deed: Deed | None = None
        self._more = 0
        self._planned = True
        self._format_errors = 0
        self._denials = 0
        self._last: tuple[Action, str] | None = None
        self._repeats = 0

    def begin(self, left_s: float) -> Effect:
        """The first thing to do."""
        self._expect("new")
        self._planned = self.rules.approve != "plan"
        return self._ask(left_s)

    def take(self, event: Event, left_s: float) -> Effect:
        """What to do next. `left_s` are the seconds left for commands."""
        match event:
            case Fault(reason, detail):
                self._expect("plan", "ask", "consent", "act")
                return self._end(reason, detail)
            case Reply():
                self._expect("plan", "ask")
                return self._on_reply(event, left_s)
            case Said(text):
                self._expect("plan", "ask")
                return self._on_said(text, left_s)
            case Consent():
                self._expect("consent")
                return self._on_consent(event, left_s)
            case Parted():
                self._expect("act")
                self.spent.add_parts(event)
                return self._on_seen(Seen(event.ended, 0, event.text), left_s)
            case Seen():
                self._expect("act")
                return self._on_seen(event, left_s)

    def _expect(self, *states: State) -> None:
        if self.state not in states:
            raise RuntimeError(f"the loop is in {self.state}, not in {' or '.join(states)}")

    def _ask(self, left_s: float) -> Effect:
        limit = reached(self.rules, self.spent, left_s)
        if limit is not None:
            return self._end(*limit)
        self.state = "ask" if self._planned else "plan"
        left = None if self.rules.tokens is None else self.rules.tokens - self.spent.tokens
        return Ask(left)

    def _end(self, reason: Reason | None, detail: str = "", summary: str = "") -> End:
        self.state = "ended"
        return End(reason, detail, summary)

    def _on_reply(self, reply: Reply, left_s: float) -> Effect:
        self.spent.add(reply)
        self._reply = reply
        if self.state == "plan":
            return self._on_plan(reply, left_s)
        self._call, action = self._meant(reply)
        match action:
            case Malformed():
                return self._on_malformed(action, left_s)
            case Submit(summary):
                return self._end(None, summary=summary or reply.text.strip()[:MAX_SUMMARY])
            case GiveUp(why):
                return self._end("gave_up", " ".join(why.split())[:_MOST_TOLD], why)
        if isinstance(action, Split) and not self.rules.split:
            return self._on_malformed(Malformed(NO_SPLIT), left_s)
        self._format_errors = 0
        if left_s <= self.rules.reserve_s:
            return self._ask(left_s)
        self._deed = action
        if self.rules.approve == "command":
            self.state = "consent"
            return Propose(_SUBJECTS[type(action)], shown(action))
        self.state = "act"
        return action

    def _on_said(self, text: str, left_s: float) -> Effect:
        """Who was told something may well do the same once more, and mean it."""
        self.talk = self.talk.and_said(text)
        self._last, self._repeats = None, 0
        return self._ask(left_s)

    def _on_plan(self, reply: Reply, left_s: float) -> Effect:
        self._call, self._more = None, 0
        if not reply.text.strip():
            return self._on_malformed(Malformed(NO_PLAN), left_s)
        self._format_errors = 0
        self.state = "consent"
        return Propose("plan", reply.text)

    def _on_consent(self, consent: Consent, left_s: float) -> Effect:
        if not consent.approved:
            return self._on_denied(consent, left_s)
        self._denials = 0
        if self._deed is None:
            self._planned = True
            return self._turn(None, PLAN_APPROVED, left_s)
        self.state = "act"
        return self._deed

    def _on_denied(self, consent: Consent, left_s: float) -> Effect:
        """A no with a reason is advice, a few times in a row; without one it is the end."""
        self._denials += 1
        if not consent.why or self._denials >= self.rules.denials:
            what = "this step" if self._planned else "the plan"
            why = f": {consent.why}" if consent.why else ""
            return self._end("denied", f"{consent.by or 'a person'} did not approve {what}{why}")
        deed, self._deed = self._deed, None
        return self._turn(deed, told_no(consent.why, plan=deed is None), left_s)

    def _meant(self, reply: Reply) -> tuple[ToolCall | None, Action | Malformed]:
        if not reply.calls:
            found = form.parse(reply.text, shortened=reply.shortened)
            self._more = found.more
            if isinstance(found.action, Malformed) and reply.how == "tools":
                return None, Malformed(tools.NO_CALL)
            return None, found.action
        first, *more = reply.calls
        self._more = len(more)
        if first.name not in {tool.name for tool in tools.offered(split=self.rules.split)}:
            return None, Malformed(NO_SPLIT) if first.name == "split" else tools.parse_call(first)
        return ToolCall(self._call_id(first.id), first.name, first.arguments), tools.parse_call(first)

    def _call_id(self, given: str) -> str:
        """Some servers number from 0 in each reply; in a conversation an id stands for one call."""
        taken = {turn.call.id for turn in self.talk.turns if turn.call is not None}
        return given if _CALL_ID.fullmatch(given) and given not in taken else f"call-{self.spent.steps}"

    def _on_malformed(self, malformed: Malformed, left_s: float) -> Effect:
        self._format_errors += 1
        if self._format_errors >= self.rules.format_errors:
            why = malformed.fault.partition("\n")[0]
            return self._end(
                "no_action", f"{self._format_errors} replies in a row held nothing to do; the last: {why}"
            )
        seen = told_fault(malformed, shortened=self._reply.shortened)
        return self._turn(None, "\n".join([seen, *self._notes()]), left_s)

    def _on_seen(self, seen: Seen, left_s: float) -> Effect:
        assert self._deed is not None
        outcome = (self._deed, f"{seen.ended} {seen.code} {_SECONDS.sub('', seen.text)}")
        self._repeats = self._repeats + 1 if outcome == self._last else 1
        self._last = outcome
        if self._repeats >= self.rules.repeats:
            return self._end("stuck", f"it did the same {self._repeats} times, with the same outcome")
        deed, self._deed = self._deed, None
        return self._turn(deed, told(deed, seen, list(self._notes())), left_s)

    def _notes(self) -> Iterator[str]:
        if self._more:
            yield dropped(self._more)
        if self._repeats > 1 and self.state == "act":
            yield REPEATED
        left = self.rules.steps - self.spent.steps
        if 0 < left <= _NEAR:
            yield steps_left(left)

    def _turn(self, action: Action | None, seen: str, left_s: float) -> Effect:
        self.talk = self.talk.and_then(Turn(self._reply.text, self._call, action, seen))
        return self._ask(left_s)
