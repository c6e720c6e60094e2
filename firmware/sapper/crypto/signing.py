"""Signed lines: on the radio nothing that changes state is taken without one. Pure; the key's file is key_file.py.

A signed line is `@COUNTER MAC LINE`: MAC is the first 8 bytes, in 16 lower-case hex digits, of
HMAC-SHA256(key, nonce + "COUNTER LINE") (RFC 2104), nonce the 16 random bytes of this boot. Counters only rise, so that
a line is taken once; a new boot has a new nonce, so that none of an earlier boot is taken at all. What it does not
prove is when a line was said: one that was jammed and held back is taken late, if nothing signed came after it.
"""

from binascii import unhexlify
from hashlib import sha256

import micropython
from sapper.crypto.line_mac import LineMac

KEY_BYTES = 32
NONCE_BYTES = 16
MAC_DIGITS = 16
COUNTER_MAX = 999_999_999  # below 2**30: a small integer on the board
_BLOCK_BYTES = 64
_HEX = "0123456789abcdef"


class Forged(Exception):
    """A signed line that is not taken; args: why (of events.REFUSALS), what to do."""


def to_hex(data):
    """Bytes as lower-case hex text."""
    return "".join(["%02x" % byte for byte in data])


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


class Signer:
    """HMAC-SHA256 under one key and nonce. Both ends use it: the board to check, the laptop to sign."""

    def __init__(self, key, nonce):
        if len(key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
            raise ValueError("a key has %d bytes and a nonce %d" % (KEY_BYTES, NONCE_BYTES))
        block = key + bytes(_BLOCK_BYTES - len(key))
        self._inner = bytes([byte ^ 0x36 for byte in block]) + nonce
        self._outer = bytes([byte ^ 0x5C for byte in block])

    def digest(self, counter, line):
        """HMAC of a line, 32 bytes, of which the first 8 are its MAC. 0.6 ms on the board."""
        inner = sha256(self._inner)
        inner.update(("%d %s" % (counter, line)).encode())
        outer = sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()

    def mac(self, counter, line):
        """MAC of a line, as its hex digits."""
        return to_hex(self.digest(counter, line)[: MAC_DIGITS // 2])

    def sign(self, counter, line):
        """The line as it goes over the radio."""
        return "@%d %s %s" % (counter, self.mac(counter, line), line)


class Gate:
    """Takes signed lines apart on the board: `open` gives the line inside, once, or raises Forged."""

    def __init__(self, key, nonce):
        self.nonce = nonce
        self.counter = 0
        self.set_key(key)

    def set_key(self, key):
        """Take another key (bytes, or b'' for none). The counter goes on: a key put in again revives no old line."""
        self.id = key_id(key)
        self._signer = Signer(key, self.nonce) if key else None
        self._mac = LineMac(key, self.nonce) if key else None

    def text(self):
        """What `nonce` answers: all that a host needs to sign, and nothing secret."""
        return "nonce=%s counter=%d key=%s" % (to_hex(self.nonce), self.counter, self.id)

    def proves(self, line, parts):
        """Whether a signed line's bytes carry the key's MAC (see line_mac.py); allocates nothing."""
        return self._mac is not None and self._mac.right(line, parts)

    def open(self, text):
        """The line inside a signed one. A counter that is not above the last is refused before any hashing."""
        if self._signer is None:
            raise Forged("no_key", "this board has no radio key; put one in over USB")
        parts = text.split(" ", 2)
        if len(parts) != 3 or len(parts[1]) != MAC_DIGITS or parts[1] != parts[1].lower():
            raise Forged("malformed", "write @COUNTER MAC LINE")
        digits = parts[0][1:]
        if not digits.isdigit() or len(digits) > 9 or digits[0] == "0":
            raise Forged("malformed", "the counter is a number from 1 to %d" % COUNTER_MAX)
        counter = int(digits)
        if counter <= self.counter:
            raise Forged("counter", "counters rise, the last one taken was %d; ask `nonce`" % self.counter)
        try:
            given = unhexlify(parts[1])
        except ValueError:
            raise Forged("malformed", "a MAC is 16 hex digits") from None
        if differ(self._signer.digest(counter, parts[2]), given, MAC_DIGITS // 2):
            raise Forged("mac", "wrong key, or signed for another boot; ask `nonce`")
        self.counter = counter
        return parts[2]


@micropython.viper
def differ(one: ptr8, other: ptr8, size: int) -> int:
    """0 when the first `size` bytes are equal, in a time that does not depend on where they differ."""
    difference = 0
    i = 0
    while i < size:
        difference |= one[i] ^ other[i]
        i += 1
    return difference
