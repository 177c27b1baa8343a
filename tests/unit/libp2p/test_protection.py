"""The cipher that keeps strangers out is that of the specification."""

from hypothesis import given
from hypothesis import strategies as st
from nacl.secret import SecretBox

from chorus_libp2p.protection import NONCE, xsalsa20

MAC = 16
FIRST = 32
"""Bytes of the stream that NaCl's box takes for its authenticator."""


@given(
    key=st.binary(min_size=32, max_size=32), nonce=st.binary(min_size=NONCE, max_size=NONCE), text=st.binary()
)
def test_it_is_the_stream_of_nacl(key: bytes, nonce: bytes, text: bytes) -> None:
    boxed = SecretBox(key).encrypt(text, nonce).ciphertext
    assert xsalsa20(key, nonce).encrypt(bytes(FIRST) + text)[FIRST:] == boxed[MAC:]
