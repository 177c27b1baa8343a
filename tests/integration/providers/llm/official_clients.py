"""The official clients of both APIs, over the scripted server: `official_clients.py OPENAI OLLAMA KEY`.

Prints what they made of it as one JSON document. The server plays the same four steps for both clients: a
text streamed, a text at once, a call streamed, a 429.
"""

import json
import sys
from typing import Any

import ollama
import openai

ASK: Any = [{"role": "user", "content": "hello"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "run", "description": "Run it", "parameters": {"type": "object", "properties": {}}},
}


def with_openai(url: str, key: str) -> dict[str, Any]:
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    asked: dict[str, Any] = {"model": "scripted", "messages": ASK}
    streamed = list(
        client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    )
    whole = client.chat.completions.create(**asked)
    calls = [
        part
        for chunk in client.chat.completions.create(**asked, stream=True, tools=[TOOL])
        for choice in chunk.choices
        for part in choice.delta.tool_calls or []
    ]
    try:
        client.chat.completions.create(**asked)
    except openai.RateLimitError as error:
        refused = [error.status_code, error.response.headers["retry-after"]]
    usage = streamed[-1].usage
    return {
        "models": [model.id for model in client.models.list()],
        "streamed": "".join(choice.delta.content or "" for chunk in streamed for choice in chunk.choices),
        "used": [usage.prompt_tokens, usage.completion_tokens],
        "whole": whole.choices[0].message.content,
        "finish": whole.choices[0].finish_reason,
        "call": [
            "".join(part.function.name or "" for part in calls),
            json.loads("".join(part.function.arguments or "" for part in calls)),
        ],
        "refused": refused,
    }


def with_ollama(url: str, key: str) -> dict[str, Any]:
    client = ollama.Client(host=url, headers={"Authorization": f"Bearer {key}"})
    asked: dict[str, Any] = {"model": "scripted", "messages": ASK}
    streamed = list(client.chat(**asked, stream=True))
    whole = client.chat(**asked)
    calls = [
        call
        for part in client.chat(**asked, stream=True, tools=[TOOL])
        for call in part.message.tool_calls or []
    ]
    try:
        client.chat(**asked)
    except ollama.ResponseError as error:
        refused = [error.status_code, error.error]
    return {
        "models": [model.model for model in client.list().models],
        "context": client.show("scripted").modelinfo["scripted.context_length"],
        "streamed": "".join(part.message.content or "" for part in streamed),
        "used": [streamed[-1].prompt_eval_count, streamed[-1].eval_count],
        "whole": whole.message.content,
        "finish": whole.done_reason,
        "call": [calls[0].function.name, dict(calls[0].function.arguments)],
        "refused": refused,
    }


print(
    json.dumps(
        {"openai": with_openai(sys.argv[1], sys.argv[3]), "ollama": with_ollama(sys.argv[2], sys.argv[3])}
    )
)
