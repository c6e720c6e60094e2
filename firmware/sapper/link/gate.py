"""Takes signed lines apart on the board. What one is: crypto/signing.py; the key's file: storage/key_file.py. Pure."""

from array import array

import micropython
from sapper.crypto.keys import key_id, to_hex
from sapper.crypto.line_mac import COUNTER_MAX, MAC_DIGITS, LineMac
from sapper.crypto.signing import Signer

BEFORE_TEXT = 3 + MAC_DIGITS  # of a signed line, beside the counter's digits: `@`, two blanks, the MAC
_MARKS = 8

# Why a signed line is not taken: of events.REFUSALS, what to do.
RIGHT, NO_KEY, SHAPE, COUNTER, OLD, WRONG_MAC = range(6)
FORGED = (
    ("none", ""),
    ("no_key", "this board has no radio key; put one in over USB"),
    ("malformed", "write @COUNTER MAC LINE"),
    ("malformed", "the counter is a number from 1 to %d" % COUNTER_MAX),
    ("counter", "counters rise, this one is not above the last one taken; ask `nonce`"),
    ("mac", "wrong key, or signed for another boot; ask `nonce`"),
)


class Forged(Exception):
    """A signed line that is not taken; args: a row of FORGED."""


def is_signed(line):
    """Whether a line is to go through `Gate.open`: it begins with `@`, or with the mark of one that was proved."""
    return bool(line) and (line[0] == "@" or line[0] < " ")


@micropython.viper
def counter_of(line: ptr8, parts: ptr32) -> int:
    """The counter of `@COUNTER MAC LINE`, 0 where it is no number from 1 to COUNTER_MAX, -1 for a line that is written
    otherwise, or longer than line.MAX_BYTES. parts: first and end of it; [2] is set to the counter's digits."""
    first = parts[0] + 1
    end = parts[1]
    at = first
    counter = 0
    while at < end and line[at] != 32:
        digit = line[at] - 48
        if digit < 0 or digit > 9 or at - first > 8 or line[first] == 48:
            counter = -1
        if counter >= 0:
            counter = counter * 10 + digit
        at += 1
    parts[2] = at - first
    if at + 17 >= end or end - first >= 160 or line[at + 17] != 32:
        return -1
    i = 1
    while i < 17:
        if line[at + i] == 32:
            return -1
        i += 1
    return counter if counter > 0 else 0


class Gate:
    """`open` gives the line inside a signed one, once, or raises Forged. counter: the last that was taken.

    mark: the byte that radio_reader.py puts in the place of `@` once `proves` was so, for the MAC to be worked out once
    only. No line from outside holds such a byte: none below 32 gets through a reader. Another
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

    def unfit(self, line, parts):
        """Why a signed line's bytes are not worth hashing (of FORGED), or RIGHT; allocates nothing. A counter that is
        not above the last is among it. parts: as for `proves`; the counter's digits are put there."""
        if self._mac is None:
            return NO_KEY
        counter = counter_of(line, parts)
        if counter <= 0:
            return SHAPE if counter else COUNTER
        return OLD if counter <= self.counter else RIGHT

    def open(self, text):
        """The line inside a signed one; that of a line that was proved is taken already."""
        line = text.encode()
        parts = array("i", (0, len(line), 0, 0))
        why = self.unfit(line, parts)
        if text[0] != "@" and why in (RIGHT, OLD):  # taken when it was proved: by this key, or by another one
            why = RIGHT if ord(text[0]) == self.mark else WRONG_MAC
        elif why == RIGHT:
            why = RIGHT if self._mac.right(line, parts) else WRONG_MAC
        if why != RIGHT:
            raise Forged(*FORGED[why])
        if text[0] == "@":
            self.counter = int(text[1 : 1 + parts[2]])
        return text[parts[2] + BEFORE_TEXT :]
