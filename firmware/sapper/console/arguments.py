"""The words of a command line as values, or the refusal that says what is wrong with them."""

from sapper.crypto.keys import KEY_BYTES, from_hex
from sapper.shared.commands import ROWS
from sapper.shared.digits import whole


class Refused(Exception):
    """A command that is not carried out; args: name, text."""


def integer(text, low, high, what):
    """`text` as an integer within bounds; Refused if not."""
    try:
        value = whole(text)
    except ValueError:
        raise Refused("value", "%s: '%s' is no whole number" % (what, text)) from None
    if not low <= value <= high:
        raise Refused("value", "%s: %d is outside %d..%d" % (what, value, low, high))
    return value


def key(text):
    """A key (bytes; b'' for `none`) from its digits; Refused if it is none."""
    if text == "none":
        return b""
    value = from_hex(text, KEY_BYTES)
    if value is None:
        raise Refused("value", "a key is %d lower-case hex digits" % (2 * KEY_BYTES))
    return value


def usage(name):
    """The refusal that shows how a command is written."""
    return Refused("usage", "%s" % ROWS[name][1])
