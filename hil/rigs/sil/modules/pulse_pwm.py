"""The PWM slices of the transmit pulse and its strobes, as registers, running or stopped."""

BASE = 0x40050000
SLICES = (4, 5)

_words = {s: [0] * 5 for s in SLICES}  # CSR, DIV, CTR, CC, TOP


def read(number, offset):
    """A slice's register."""
    return _words[number][offset >> 2]


def write(number, offset, value):
    """A slice's register."""
    _words[number][offset >> 2] = value


def enable(bits, on):
    """The EN register's set and clear aliases."""
    for number in SLICES:
        if bits >> number & 1:
            _words[number][0] = _words[number][0] & ~1 | on
