"""Checks the MAC of a signed line's bytes, as signing.Signer makes it, without allocating: however many are forged."""

from array import array

import micropython
from sapper.crypto.hmac_sha256 import BLOCK_BYTES, pads
from sapper.crypto.sha256 import DIGEST_BYTES, START, WORK, K, hash_blocks, move, put_state

NONCE_BYTES = 16
MAC_DIGITS = 16
COUNTER_MAX = 999_999_999  # below 2**30: a small integer on the board
_BLOCKS_AT = 64  # of WORK
_MOST_BYTES = 4 * BLOCK_BYTES  # nonce, a line of 160 bytes, padding


@micropython.viper
def put_message(message: ptr8, line: ptr8, parts: ptr32) -> int:
    """After the nonce at its start: `COUNTER LINE` out of `@COUNTER MAC LINE`, padded; returns how many blocks it has.

    parts: first and end of the signed line in `line`, digits of its counter, bytes of the nonce.
    """
    at = parts[3]
    i = parts[0] + 1
    end = i + parts[2]
    while i < end:
        message[at] = line[i]
        at += 1
        i += 1
    i += 17  # a space and the MAC
    end = parts[1]
    while i < end:
        message[at] = line[i]
        at += 1
        i += 1
    bits = (at + 64) * 8  # the key's block went before
    message[at] = 128
    at += 1
    while at & 63 != 56:
        message[at] = 0
        at += 1
    i = 0
    while i < 6:
        message[at + i] = 0
        i += 1
    message[at + 6] = bits >> 8
    message[at + 7] = bits & 255
    return (at + 8) >> 6


@micropython.viper
def mac_differs(digest: ptr8, line: ptr8, parts: ptr32) -> int:
    """0 when the line's 16 lower-case hex digits are the digest's first 8 bytes; takes as long wherever they differ."""
    at = parts[0] + parts[2] + 2
    difference = 0
    i = 0
    while i < 16:
        nibble = digest[i >> 1]
        if i & 1:
            nibble = nibble & 15
        else:
            nibble = nibble >> 4
        digit = 48 + nibble
        if nibble > 9:
            digit += 39
        difference |= digit ^ line[at + i]
        i += 1
    return difference


class LineMac:
    """`right(line, parts)` under one key and nonce. parts: array('i') as `put_message` takes it; [3] is set here."""

    def __init__(self, key, nonce):
        self._nonce_bytes = len(nonce)
        self._message = bytearray(_MOST_BYTES)
        self._inner = array("I", START)
        self._outer = array("I", START)
        self._state = array("I", START)
        self._digest = bytearray(BLOCK_BYTES)
        inner, outer = pads(key)
        WORK[_BLOCKS_AT] = 1
        hash_blocks(self._inner, inner, WORK, K)
        hash_blocks(self._outer, outer, WORK, K)
        self._message[: self._nonce_bytes] = nonce
        # The outer hash's only block after the key's: a digest, and the padding that stays as it is.
        self._digest[DIGEST_BYTES] = 128
        bits = (BLOCK_BYTES + DIGEST_BYTES) * 8
        self._digest[BLOCK_BYTES - 2] = bits >> 8
        self._digest[BLOCK_BYTES - 1] = bits & 255

    @micropython.native
    def right(self, line, parts):
        """Whether the signed line at line[parts[0]:parts[1]], its counter of parts[2] digits, carries the key's MAC."""
        parts[3] = self._nonce_bytes
        state = self._state
        digest = self._digest
        move(self._inner, state)
        WORK[_BLOCKS_AT] = put_message(self._message, line, parts)
        hash_blocks(state, self._message, WORK, K)
        put_state(state, digest)
        move(self._outer, state)
        WORK[_BLOCKS_AT] = 1
        hash_blocks(state, digest, WORK, K)
        put_state(state, digest)
        return mac_differs(digest, line, parts) == 0
