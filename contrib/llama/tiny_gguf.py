"""Writes a llama model of random weights, 157 kB, each byte a token: `python tiny_gguf.py OUT.gguf`.

It says nothing that means something: the wire is tested with it, never an answer. Needs gguf and numpy.
"""

import sys

import numpy as np
from gguf import GGUFWriter, TokenType

VOCABULARY, WIDTH, LAYERS, HEADS, HIDDEN = 259, 32, 2, 4, 64
CONTEXT = 1024
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


def write(path: str) -> None:
    writer = GGUFWriter(path, "llama")
    describe(writer)
    tokenize(writer)
    random = np.random.default_rng(0)
    for name, shape in matrices().items():
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * 0.1).astype(np.float32))
    for name in norms():
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe(writer: GGUFWriter) -> None:
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(0)


def tokenize(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_token_list([b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256))])
    writer.add_token_scores([0.0] * VOCABULARY)
    special = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    writer.add_token_types([*special, *[TokenType.BYTE] * 256])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)


def matrices() -> dict[str, tuple[int, int]]:
    found = {"token_embd": (VOCABULARY, WIDTH), "output": (VOCABULARY, WIDTH)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            found[block + part] = (WIDTH, WIDTH)
        found |= {block + "ffn_gate": (HIDDEN, WIDTH), block + "ffn_up": (HIDDEN, WIDTH)}
        found[block + "ffn_down"] = (WIDTH, HIDDEN)
    return found


def norms() -> list[str]:
    inner = [f"blk.{layer}.{part}" for layer in range(LAYERS) for part in ("attn_norm", "ffn_norm")]
    return ["output_norm", *inner]


write(sys.argv[1])
