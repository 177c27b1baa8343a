"""The official clients of both vendors, in the sandbox: what they make of the gateway, as JSON on stdout.

The script behind the gateway plays the same four steps for both: a text streamed, a text at once, a call
streamed, a call at once.
"""

import json
import os
from typing import Any

import anthropic
import openai

ASK: Any = [{"role": "user", "content": "hello"}]
SCHEMA: Any = {"type": "object", "properties": {"line": {"type": "string"}}}
MODEL = os.environ["CHORUS_MODEL"]


def with_openai() -> dict[str, Any]:
    client = openai.OpenAI(max_retries=0)
    asked: dict[str, Any] = {"model": MODEL, "messages": ASK}
    tools: Any = [{"type": "function", "function": {"name": "run", "parameters": SCHEMA}}]
    chunks = list(
        client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    )
    whole = client.chat.completions.create(**asked)
    with client.chat.completions.stream(**asked, tools=tools) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls or []
    called = client.chat.completions.create(**asked, tools=tools).choices[0]
    try:
        client.chat.completions.create(**{**asked, "model": "gpt-5"})
        refused = ""
    except openai.NotFoundError as error:
        refused = str(error.code)
    return {
        "models": [model.id for model in client.models.list()],
        "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        "used": [chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens],
        "whole": whole.choices[0].message.content,
        "calls": [
            [call.function.name, json.loads(call.function.arguments)]
            for call in [*streamed, *called.message.tool_calls]
        ],
        "finish": called.finish_reason,
        "refused": refused,
    }


def with_anthropic() -> dict[str, Any]:
    client = anthropic.Anthropic(max_retries=0)
    asked: dict[str, Any] = {"model": MODEL, "messages": ASK, "max_tokens": 1000}
    tools: Any = [{"name": "run", "input_schema": SCHEMA}]
    with client.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        usage = stream.get_final_message().usage
    whole = client.messages.create(**asked)
    with client.messages.stream(**asked, tools=tools) as stream:
        streamed = stream.get_final_message()
    called = client.messages.create(**asked, tools=tools)
    count = client.messages.count_tokens(model=MODEL, messages=ASK)
    try:
        client.messages.create(**{**asked, "model": "claude"})
        refused = ""
    except anthropic.NotFoundError as error:
        refused = str(error.body["error"]["type"])
    return {
        "models": [model.id for model in client.models.list()],
        "streamed": text,
        "used": [usage.input_tokens, usage.output_tokens],
        "whole": whole.content[0].text,
        "calls": [
            [block.name, block.input]
            for message in (streamed, called)
            for block in message.content
            if block.type == "tool_use"
        ],
        "finish": called.stop_reason,
        "counted": count.input_tokens > 0,
        "refused": refused,
    }


if __name__ == "__main__":
    print(json.dumps({"openai": with_openai(), "anthropic": with_anthropic()}))
