"""An update's signature: the standard library's HMAC over all of the trailer and its use, compared whole."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapper.update import trailer as update_trailer
from sapper.update.slot_trailer import MARK
from sapper.update.trailer import TrailerError, check, check_signature

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
IMAGE = bytes(range(256)) * 16
USE = b"sapper update "


def unsigned_of(image=IMAGE, **changes):
    """A trailer's lines before its signature."""
    values = {"length": len(image), "sha256": hashlib.sha256(image).hexdigest(), "api": 1, "mpy": 4870} | changes
    return "\n".join([MARK, *(f"{name}={value}" for name, value in values.items()), ""]).encode()


def signed(unsigned, key=KEY, use=USE):
    """With the signature that the standard library makes of it."""
    return unsigned + b"mac=" + hmac.new(key, use + unsigned, hashlib.sha256).hexdigest().encode() + b"\n"


def refusal(trailer, key=KEY, image=IMAGE, api=1, mpy=4870):
    """The name of what is wrong with it; '' when it is taken."""
    try:
        check(trailer, image, key, api, mpy)
    except TrailerError as error:
        assert len(error.args) == 2 and len(error.args[1]) > 10
        return error.args[0]
    return ""


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_the_mac_is_the_standard_librarys_over_use_and_bytes(key, message):
    assert update_trailer.mac(key, message) == hmac.new(key, USE + message, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_a_key_of_another_size_signs_nothing(size):
    with pytest.raises(ValueError, match="32 bytes"):
        update_trailer.mac(bytes(size), b"x")


def test_a_signature_is_taken_from_this_key_and_for_this_use_alone():
    assert refusal(signed(unsigned_of())) == ""
    assert refusal(signed(unsigned_of(), bytes(32))) == "signature"
    for use in (b"", b"sapper ", b"sapper update", b"sapper radio ", b"sapper key id"):
        assert refusal(signed(unsigned_of(), use=use)) == "signature", use


@pytest.mark.parametrize("place", range(64))
def test_every_digit_of_a_signature_counts(place):
    right = signed(unsigned_of())
    at = len(right) - 1 - 64 + place
    for digit in b"0123456789abcdef":
        other = right[:at] + bytes([digit]) + right[at + 1 :]
        assert refusal(other) == ("" if other == right else "signature")


@pytest.mark.parametrize("place", range(0, len(unsigned_of()), 5))
def test_every_byte_before_it_is_signed(place):
    right = signed(unsigned_of())
    spoilt = right[:place] + bytes([right[place] ^ 1]) + right[place + 1 :]
    with pytest.raises(TrailerError):
        check_signature(spoilt, KEY)


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b"mac=\n",
        b"mac=none\n",
        b"mac=" + b"0" * 63 + b"\n",
        b"mac=" + b"A" * 64 + b"\n",
        b"max=" + b"0" * 64 + b"\n",
    ],
)
def test_what_is_no_signature_is_none(end):
    assert refusal(unsigned_of() + end) == "signature"


def test_a_signature_that_is_not_the_last_line_or_not_a_whole_line_is_none():
    right = signed(unsigned_of())
    assert refusal(right + b"version=8\n") == "signature"
    joined = unsigned_of()[:-1]
    assert refusal(joined + b" " + signed(unsigned_of())[len(unsigned_of()) :]) == "signature"
    assert refusal(b"mac=" + b"0" * 64 + b"\n") == "trailer"


def test_without_a_key_all_but_the_signature_is_looked_at():
    assert refusal(unsigned_of() + b"mac=none\n", b"") == ""
    assert refusal(unsigned_of(b"other") + b"mac=none\n", b"") == "hash"
    assert refusal(b"nothing", b"") == "trailer"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"api": 2}, "api"),
        ({"api": 0}, "api"),
        ({"mpy": 4871}, "mpy"),
        ({"length": 0}, "size"),
        ({"length": -1}, "size"),
        ({"length": "x"}, "size"),
        ({"length": ""}, "size"),
        ({"length": len(IMAGE) + 1}, "size"),
        ({"length": len(IMAGE) - 1}, "hash"),
        ({"sha256": "0" * 64}, "hash"),
    ],
)
def test_what_is_signed_must_still_be_this_boards_and_whole(changes, name):
    assert refusal(signed(unsigned_of(**changes))) == name


def test_a_board_that_cannot_tell_what_it_takes_takes_any():
    assert refusal(signed(unsigned_of(api=7, mpy=9)), api=None, mpy=None) == ""
    assert refusal(signed(unsigned_of(api=7, mpy=9)), api=None) == "mpy"
    assert refusal(signed(unsigned_of(api=7, mpy=9)), mpy=None) == "api"


def test_what_lies_behind_the_image_in_its_slot_is_nobodys():
    assert refusal(signed(unsigned_of()), image=IMAGE + b"\xff" * 5000) == ""


def test_a_trailer_that_lacks_a_line_is_not_taken():
    whole = unsigned_of().split(b"\n")
    for name, missing in ((b"length", "size"), (b"sha256", "hash"), (b"api", "api"), (b"mpy", "mpy")):
        lines = [line for line in whole if not line.startswith(name)]
        assert refusal(signed(b"\n".join(lines))) == missing
