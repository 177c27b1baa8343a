"""How peers talk over a stream: calls in frames, many at once, each with an answer in parts.

`Lines` keeps one stream to each peer and asks; `answer` is the other end. The frames are the contract: an
implementation in another language needs `frame` and nothing else.
"""
