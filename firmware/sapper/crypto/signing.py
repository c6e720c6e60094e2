"""Signed lines, as whoever has the key makes them: on the radio nothing that changes state is taken without one. Pure.

A signed line is `@COUNTER MAC LINE`: MAC is the first 8 bytes, in 16 lower-case hex digits, of
HMAC-SHA256(key, nonce + "COUNTER LINE"), nonce the 16 random bytes of this boot. Counters only rise, so that a line is
taken once; a new boot has a new nonce, so that none of an earlier boot is taken at all. What it does not prove is when
a line was said: one that was jammed and held back is taken late, if nothing signed came after it. The board's side is
link/gate.py.

What the board answers to `nonce CHALLENGE` it signs itself, with the counter 0, which no line has: so nobody else can
tell a laptop of a wrong nonce or counter. CHALLENGE is the laptop's, new each time.
"""

from sapper.crypto.hmac_sha256 import Hmac
from sapper.crypto.keys import KEY_BYTES, to_hex
from sapper.crypto.line_mac import MAC_DIGITS, NONCE_BYTES

CHALLENGE_DIGITS = 16
_ANSWER = 0  # the counter of the board's own words


class Signer:
    """Under one key and nonce."""

    def __init__(self, key, nonce):
        if len(key) != KEY_BYTES or len(nonce) != NONCE_BYTES:
            raise ValueError("a key has %d bytes and a nonce %d" % (KEY_BYTES, NONCE_BYTES))
        self._hmac = Hmac(key, nonce)

    def mac(self, counter, line):
        """MAC of a line, as its hex digits."""
        return to_hex(self._hmac.digest(("%d %s" % (counter, line)).encode())[: MAC_DIGITS // 2])

    def answer_mac(self, challenge, counter):
        """MAC of the board's word that `counter` was the last one it took, in answer to this challenge (text)."""
        return self.mac(_ANSWER, "nonce %s %d" % (challenge, counter))

    def sign(self, counter, line):
        """The line as it goes over the radio."""
        return "@%d %s %s" % (counter, self.mac(counter, line), line)
