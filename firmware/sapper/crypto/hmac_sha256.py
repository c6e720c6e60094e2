"""HMAC-SHA256 (RFC 2104): the one that signs radio lines, checks them on the board, and signs updates. Pure; imports
nothing of ours.

The image has it frozen once more under its bare name, for the board's own `slots` (board/manifest.py).
"""

from hashlib import sha256

BLOCK_BYTES = 64  # of SHA-256


def pads(key):
    """(inner, outer): the blocks that go before the message, and before the inner digest. key: at most a block."""
    block = key + bytes(BLOCK_BYTES - len(key))
    return bytes([byte ^ 0x36 for byte in block]), bytes([byte ^ 0x5C for byte in block])


class Hmac:
    """Under one key; `first` goes before every message. 0.6 ms a short message on the board."""

    def __init__(self, key, first=b""):
        inner, self._outer = pads(key)
        self._inner = inner + first

    def digest(self, message):
        """32 bytes."""
        inner = sha256(self._inner)
        inner.update(message)
        return sha256(self._outer + inner.digest()).digest()
