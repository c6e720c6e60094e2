"""The trailer of an update: what makes an image count, and the signature that a board with a team key asks for. Pure.

What it is as text: slot_trailer.py. As `sha256` is among its lines, its signature covers the image as well.
"""

from hashlib import sha256

from sapper.crypto.hmac_sha256 import Hmac
from sapper.crypto.keys import KEY_BYTES, differ, from_hex, to_hex
from sapper.crypto.sha256 import DIGEST_BYTES
from sapper.update import slot_trailer

_PARTS_MOST = 4  # of a version


class TrailerError(Exception):
    """An update that is not taken; args: name, what is wrong and what to do."""


def mac(key, signed):
    """The signature of a trailer's bytes up to its `mac` line, 64 hex digits. ValueError for a key of another size."""
    if len(key) != KEY_BYTES:
        raise ValueError("a team key has %d bytes" % KEY_BYTES)
    return to_hex(Hmac(key, slot_trailer.USE).digest(signed))


def values_of(trailer):
    """{name: value} of a trailer's bytes. TrailerError when it is none."""
    values = slot_trailer.parse(trailer)
    if not values:
        raise TrailerError("trailer", "not an update's; make it with `sapper bundle`")
    return values


def check_signature(trailer, key):
    """TrailerError unless it is signed with `key`; anything goes when there is none (b''), nothing when it is spoilt
    (None)."""
    if key is None:
        raise TrailerError("teamkey", "the board's team key is spoilt; put it in again: `sapper teamkey`")
    if not key:
        return
    values_of(trailer)
    parts = slot_trailer.signature(trailer)
    if parts is None:
        raise TrailerError("signature", "this board takes signed updates only; make it with the team's key")
    signed, given = parts
    if differ(from_hex(mac(key, signed), DIGEST_BYTES), from_hex(given, DIGEST_BYTES), DIGEST_BYTES):
        raise TrailerError("signature", "not signed with this board's team key")


def is_older(version, made, than_version, than_made):
    """Whether the first of two builds is the older one: by version (numbers between dots), and where these are equal by
    when the revisions were made that they were built from (seconds since 1970; 0 for unknown, which is not older).

    A version that is none is older than any.
    """
    one, other = _numbers(version), _numbers(than_version)
    if one != other:
        return one < other
    return 0 < made < than_made


def _numbers(version):
    parts = version.split(".")
    if len(parts) > _PARTS_MOST or not all(part.isdigit() and len(part) <= 6 for part in parts):
        return ()
    return tuple([int(part) for part in parts] + [0] * (_PARTS_MOST - len(parts)))


def number(text):
    """A trailer's number; 0 when it is none."""
    return int(text) if text.isdigit() and len(text) <= 18 else 0


def check(trailer, image, key, api=None, mpy=None, runs=None):
    """TrailerError unless the image (a buffer at least as long) is what the trailer tells, signed as `key` asks.

    api, mpy: what this board takes, where it can tell. runs: (version, made) that it must not be older than, or None.
    """
    values = values_of(trailer)
    check_signature(trailer, key)
    if api is not None and values.get("api") != str(api):
        raise TrailerError("api", "made for another firmware image; `sapper flash` comes first")
    if mpy is not None and values.get("mpy") != str(mpy):
        raise TrailerError("mpy", "made for another MicroPython; `sapper flash` comes first")
    if runs is not None and is_older(values.get("version", ""), number(values.get("made", "")), *runs):
        raise TrailerError("older", "older than what runs (%s); `sapper update --allow-older` takes it" % runs[0])
    length = number(values.get("length", ""))
    if not 0 < length <= len(image):
        raise TrailerError("size", "%d bytes do not fit a slot of %d" % (length, len(image)))
    if to_hex(sha256(memoryview(image)[:length]).digest()) != values.get("sha256"):
        raise TrailerError("hash", "what arrived is not what was sent; send it again")
