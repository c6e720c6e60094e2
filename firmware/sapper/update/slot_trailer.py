"""The trailer of a slot as text: what board, updates and bundles agree on about it. Pure; imports nothing.

Its last line, `mac`, is HMAC-SHA256 (RFC 2104), in hex, of USE and all before that line, under the team's key; `none`
when the update is not signed.

The image has it frozen once more under its bare name, for the board's own `slots`, which reads trailers before any
application is chosen (board/manifest.py).
"""

MARK = "sapper-slot 1"
BYTES_MAX = 1024
API = 3  # counts changes of what an application in a slot may call of the board's own modules
USE = b"sapper update "  # a key that signs radio lines as well could not be made to sign an update

_MAC = b"\nmac="
_MAC_DIGITS = 64
_HEX = "0123456789abcdef"


def parse(raw):
    """{name: value} of a trailer's bytes; {} when they are none, not whole, or more than BYTES_MAX."""
    try:
        lines = str(raw, "ascii").split("\n")
    except (UnicodeError, ValueError):
        return {}
    if len(raw) > BYTES_MAX or lines[0] != MARK or lines[-1] != "":
        return {}
    return dict(line.split("=", 1) for line in lines[1:-1] if "=" in line)


def in_sector(sector):
    """The trailer's bytes out of its sector (a buffer): all before what is blank, and no more than tell that it is too
    long."""
    raw = bytes(sector[: BYTES_MAX + 1])
    end = raw.find(b"\xff")
    return raw if end < 0 else raw[:end]


def signature(raw):
    """(what is signed, its MAC in hex digits) of a whole trailer; None when it is not signed.

    The MAC is all of the last line: no line that it does not cover can follow it.
    """
    end = len(raw) - 1 - _MAC_DIGITS - len(_MAC)
    if end < 0 or raw[end : end + len(_MAC)] != _MAC or raw[-1:] != b"\n":
        return None
    digits = str(raw[-1 - _MAC_DIGITS : -1], "ascii")
    return (raw[: end + 1], digits) if all(digit in _HEX for digit in digits) else None
