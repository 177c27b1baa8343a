"""A small agent, as it runs in the sandbox: a loop of requests and shell commands, in either protocol.

It stands in for agents that a default run of the tests cannot fetch, speaks the wire by the standard library
alone, and knows nothing of CHORUS but its variables. `make llm` has the real clients, and a real agent.

    python3 agent.py openai|anthropic [stream]
"""

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}


def ask(url: str, headers: dict[str, str], document: dict[str, Any], stream: bool) -> Any:
    """The whole answer, or the data of its events."""
    body = json.dumps({**document, "stream": stream}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=60) as answer:
        if not stream:
            return json.load(answer)
        lines = [line.decode().strip() for line in answer]
    data = [line[len("data: ") :] for line in lines if line.startswith("data: ")]
    return [json.loads(piece) for piece in data if piece != "[DONE]"]


class OpenAI:
    def __init__(self, goal: str, stream: bool) -> None:
        self.url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        self.headers = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
        function = {"name": "shell", "description": "Run a command", "parameters": PARAMETERS}
        self.document: dict[str, Any] = {
            "model": os.environ["OPENAI_MODEL"],
            "messages": [{"role": "system", "content": "You act."}, {"role": "user", "content": goal}],
            "tools": [{"type": "function", "function": function}],
        }
        self.stream = stream

    def turn(self) -> tuple[str, list[tuple[str, str]]]:
        """What it says, and the calls as (id, command)."""
        if self.stream:
            events = ask(self.url, self.headers, self.document, True)
            deltas = [choice["delta"] for event in events for choice in event["choices"]]
            text = "".join(delta.get("content") or "" for delta in deltas)
            calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
            calls = [{key: call[key] for key in ("id", "type", "function")} for call in calls]
        else:
            message = ask(self.url, self.headers, self.document, False)["choices"][0]["message"]
            text, calls = message["content"] or "", message.get("tool_calls", [])
        self.document["messages"].append({"role": "assistant", "content": text, "tool_calls": calls})
        return text, [(call["id"], json.loads(call["function"]["arguments"])["command"]) for call in calls]

    def seen(self, outcomes: list[tuple[str, str]]) -> None:
        for name, output in outcomes:
            self.document["messages"].append({"role": "tool", "tool_call_id": name, "content": output})


class Anthropic:
    def __init__(self, goal: str, stream: bool) -> None:
        self.url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
        self.headers = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}
        self.document: dict[str, Any] = {
            "model": os.environ["ANTHROPIC_MODEL"],
            "max_tokens": 1000,
            "system": [{"type": "text", "text": "You act."}],
            "messages": [{"role": "user", "content": goal}],
            "tools": [{"name": "shell", "description": "Run a command", "input_schema": PARAMETERS}],
        }
        self.stream = stream

    def turn(self) -> tuple[str, list[tuple[str, str]]]:
        """What it says, and the calls as (id, command)."""
        answer = ask(self.url, self.headers, self.document, self.stream)
        blocks = self.gathered(answer) if self.stream else answer["content"]
        self.document["messages"].append({"role": "assistant", "content": blocks})
        text = "".join(block["text"] for block in blocks if block["type"] == "text")
        return text, [(b["id"], b["input"]["command"]) for b in blocks if b["type"] == "tool_use"]

    @staticmethod
    def gathered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        for event in events:
            if event["type"] == "content_block_start":
                blocks.append(dict(event["content_block"]))
            elif event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
                blocks[event["index"]]["text"] += event["delta"]["text"]
            elif event["type"] == "content_block_delta":
                blocks[event["index"]]["input"] = json.loads(event["delta"]["partial_json"])
        return blocks

    def seen(self, outcomes: list[tuple[str, str]]) -> None:
        content = [
            {"type": "tool_result", "tool_use_id": name, "content": [{"type": "text", "text": output}]}
            for name, output in outcomes
        ]
        self.document["messages"].append({"role": "user", "content": content})


def main() -> None:
    goal = sys.stdin.read()
    assert goal == os.environ["CHORUS_GOAL"]
    kind = OpenAI if sys.argv[1] == "openai" else Anthropic
    talk: OpenAI | Anthropic = kind(goal, "stream" in sys.argv)
    while True:
        text, calls = talk.turn()
        print("agent:", text, flush=True)
        if not calls:
            return
        outcomes: list[tuple[str, str]] = []
        for name, command in calls:
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
            outcomes.append((name, done.stdout + done.stderr or "(nothing)"))
        talk.seen(outcomes)


if __name__ == "__main__":
    main()
