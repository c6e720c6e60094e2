"""Keys: their size, their text, the id that may be told, and a comparison that tells nothing by its time. Pure."""

from binascii import hexlify
from hashlib import sha256

import micropython

KEY_BYTES = 32
_HEX = "0123456789abcdef"


def to_hex(data):
    """Bytes as lower-case hex text."""
    return str(hexlify(data), "ascii")


def from_hex(text, size):
    """`size` bytes from so much lower-case hex text; None when it is something else."""
    if len(text) != 2 * size:
        return None
    for digit in text:
        if digit not in _HEX:
            return None
    return bytes([int(text[i : i + 2], 16) for i in range(0, 2 * size, 2)])


def key_id(key):
    """Eight hex digits that tell one key from another and nothing else about it; 'none' for no key."""
    return to_hex(sha256(b"sapper key id" + key).digest()[:4]) if key else "none"


@micropython.viper
def differ(one: ptr8, other: ptr8, size: int) -> int:
    """0 when the first `size` bytes are equal, in a time that does not depend on where they differ."""
    difference = 0
    i = 0
    while i < size:
        difference |= one[i] ^ other[i]
        i += 1
    return difference
