"""Takes signed lines apart on the board. What one is: crypto/signing.py; the key's file: storage/key_file.py. Pure."""

from array import array

from sapper.crypto.keys import key_id, to_hex
from sapper.crypto.line_mac import COUNTER_MAX, MAC_DIGITS, LineMac
from sapper.crypto.signing import Signer
from sapper.link.line import MAX_BYTES

_MARKS = 8
WRONG = 31  # in the place of `@`, too


class Forged(Exception):
    """A signed line that is not taken; args: why (of events.REFUSALS), what to do."""


def is_signed(line):
    """Whether a line is to go through `Gate.open`: it begins with `@`, or with the mark of one that was proved."""
    return bool(line) and (line[0] == "@" or line[0] < " ")


class Gate:
    """`open` gives the line inside a signed one, once, or raises Forged. counter: the last that was taken.

    mark: the byte that radio_reader.py puts in the place of `@` once `proves` was so, for the MAC to be worked out once
    only; WRONG where it was not. No line from outside holds such a byte: none below 32 gets through a reader. Another
    key has another mark.
    """

    def __init__(self, key, nonce):
        self.nonce = nonce
        self._nonce_text = to_hex(nonce)
        self.counter = 0
        self.mark = 0
        self.set_key(key)

    def set_key(self, key):
        """Take another key (bytes, or b'' for none). The counter goes on: a key put in again revives no old line."""
        self.id = key_id(key)
        self.mark = self.mark % _MARKS + 1
        self._mac = LineMac(key, self.nonce) if key else None
        self._signer = Signer(key, self.nonce) if key else None

    def text(self, challenge=""):
        """What `nonce` answers: all that a host needs to sign, nothing secret; signed when it brings a challenge."""
        if not challenge or self._signer is None:
            return "nonce=%s counter=%d key=%s" % (self._nonce_text, self.counter, self.id)
        mac = self._signer.answer_mac(challenge, self.counter)
        return "nonce=%s counter=%d key=%s mac=%s" % (self._nonce_text, self.counter, self.id, mac)

    def proves(self, line, parts):
        """Whether a signed line's bytes carry the key's MAC (see line_mac.py); allocates nothing."""
        return self._mac is not None and self._mac.right(line, parts)

    def open(self, text):
        """The line inside a signed one. A counter that is not above the last is refused before any hashing; that of a
        line that was proved is taken already."""
        if self._mac is None:
            raise Forged("no_key", "this board has no radio key; put one in over USB")
        parts = text.split(" ", 2)
        if len(parts) != 3 or len(parts[1]) != MAC_DIGITS or len(text.encode()) > MAX_BYTES:
            raise Forged("malformed", "write @COUNTER MAC LINE")
        digits = parts[0][1:]
        if not digits.isdigit() or len(digits) > 9 or digits[0] == "0":
            raise Forged("malformed", "the counter is a number from 1 to %d" % COUNTER_MAX)
        if ord(text[0]) == self.mark:
            return parts[2]
        counter = int(digits)
        if text[0] == "@" and counter <= self.counter:
            raise Forged("counter", "counters rise, the last one taken was %d; ask `nonce`" % self.counter)
        if not self._right(text, len(digits)):
            raise Forged("mac", "wrong key, or signed for another boot; ask `nonce`")
        self.counter = counter
        return parts[2]

    def _right(self, text, digits):
        """Whether a whole signed line carries the key's MAC."""
        line = text.encode()
        return text[0] == "@" and self._mac.right(line, array("i", (0, len(line), digits, 0)))
