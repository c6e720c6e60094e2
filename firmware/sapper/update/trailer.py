"""The trailer of an update: what makes an image count, and the signature that a board with a team key asks for. Pure.

Text lines `name=value` under a mark. The last one, `mac`, is HMAC-SHA256 (RFC 2104), in hex, of all before it, under
the team's key; `none` when the update is not signed. As `sha256` is among the lines, it covers the image as well.
"""

from hashlib import sha256

from sapper.crypto.hmac import Hmac
from sapper.crypto.keys import KEY_BYTES, differ, from_hex, to_hex
from sapper.crypto.sha256 import DIGEST_BYTES
from sapper.update import slot_trailer

_MAC = b"\nmac="
_MAC_DIGITS = 2 * DIGEST_BYTES
_USE = b"sapper update "  # a key that signs radio lines as well could not be made to sign an update


class TrailerError(Exception):
    """An update that is not taken; args: name, what is wrong and what to do."""


def mac(key, signed):
    """The signature of a trailer's bytes up to its `mac` line, 64 hex digits. ValueError for a key of another size."""
    if len(key) != KEY_BYTES:
        raise ValueError("a team key has %d bytes" % KEY_BYTES)
    return to_hex(Hmac(key, _USE).digest(signed))


def values_of(trailer):
    """{name: value} of a trailer's bytes. TrailerError when it is none."""
    values = slot_trailer.parse(trailer)
    if not values:
        raise TrailerError("trailer", "not an update's; make it with `sapper bundle`")
    return values


def check_signature(trailer, key):
    """TrailerError unless it is signed with `key`; anything goes when there is no key (b'')."""
    if not key:
        return
    values_of(trailer)
    # The signature is all of the last line: no line that it does not cover can follow it.
    signed = len(trailer) - len(_MAC) - _MAC_DIGITS
    given = from_hex(str(trailer[-1 - _MAC_DIGITS : -1], "ascii"), DIGEST_BYTES)
    if signed <= 0 or trailer[signed - 1 : signed - 1 + len(_MAC)] != _MAC or given is None:
        raise TrailerError("signature", "this board takes signed updates only; make it with the team's key")
    if differ(from_hex(mac(key, trailer[:signed]), DIGEST_BYTES), given, DIGEST_BYTES):
        raise TrailerError("signature", "not signed with this board's team key")


def check(trailer, image, key, api=None, mpy=None):
    """TrailerError unless the image (a buffer at least as long) is what the trailer tells, signed as `key` asks.

    api, mpy: what this board takes, where it can tell.
    """
    values = values_of(trailer)
    check_signature(trailer, key)
    if api is not None and values.get("api") != str(api):
        raise TrailerError("api", "made for another firmware image; `sapper flash` comes first")
    if mpy is not None and values.get("mpy") != str(mpy):
        raise TrailerError("mpy", "made for another MicroPython; `sapper flash` comes first")
    try:
        length = int(values.get("length", ""))
    except ValueError:
        length = 0
    if not 0 < length <= len(image):
        raise TrailerError("size", "%d bytes do not fit a slot of %d" % (length, len(image)))
    if to_hex(sha256(memoryview(image)[:length]).digest()) != values.get("sha256"):
        raise TrailerError("hash", "what arrived is not what was sent; send it again")
