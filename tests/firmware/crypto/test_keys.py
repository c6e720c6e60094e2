"""Keys as text, their ids, and the comparison of secrets: against the standard library, at every place."""

import hashlib

import pytest

from sapper.crypto.keys import differ, from_hex, key_id, to_hex
from sapper.crypto.line_mac import COUNTER_MAX, LineMac, pads
from sapper.crypto.signing import Hmac, Signer

pytestmark = pytest.mark.unit

KEY = bytes(range(32))


def test_an_id_is_four_bytes_of_a_hash_that_is_used_for_nothing_else():
    assert key_id(KEY) == hashlib.sha256(b"sapper key id" + KEY).hexdigest()[:8]
    assert key_id(b"") == "none"


def test_hex_is_lower_case_and_of_its_length_alone():
    assert to_hex(bytes([0, 9, 10, 255])) == "00090aff" and to_hex(b"") == ""
    assert from_hex("00090aff", 4) == bytes([0, 9, 10, 255]) and from_hex("", 0) == b""
    for text in ("00090af", "00090afff", "00090aFF", "0009 aff", "0x090aff", "g0090aff", "00090afg"):
        assert from_hex(text, 4) is None, text


@pytest.mark.parametrize("place", range(32))
@pytest.mark.parametrize("bit", [1, 128])
def test_a_difference_in_any_bit_is_one_and_beyond_the_size_none(place, bit):
    other = bytearray(KEY)
    other[place] ^= bit
    assert differ(KEY, other, 32) != 0
    assert differ(KEY, other, place) == 0 and differ(KEY, other, place + 1) != 0
    assert differ(KEY, bytes(KEY), 32) == 0


def test_a_key_is_padded_to_a_block_with_the_standards_bytes():
    inner, outer = pads(KEY)
    assert (len(inner), len(outer)) == (64, 64)
    assert (inner[0], inner[31], inner[63]) == (0x36, 0x36 ^ 31, 0x36) and (outer[0], outer[63]) == (0x5C, 0x5C)
    assert Hmac(KEY, b"first ").digest(b"x") != Hmac(KEY).digest(b"x") == Hmac(KEY, b"x").digest(b"")


@pytest.mark.parametrize(("key", "nonce"), [(31, 16), (33, 16), (0, 16), (32, 15), (32, 17), (32, 0)])
def test_a_signer_takes_no_key_or_nonce_of_another_size(key, nonce):
    with pytest.raises(ValueError, match="a key has 32 bytes and a nonce 16"):
        Signer(bytes(key), bytes(nonce))


def test_the_largest_counter_has_nine_digits():
    assert COUNTER_MAX == 10**9 - 1


@pytest.mark.parametrize("length", range(1, 150, 1))
def test_a_lines_mac_is_right_for_every_length_of_line_so_at_every_end_of_a_block(length):
    from array import array

    text = "x" * length
    line = bytearray(Signer(KEY, bytes(16)).sign(7, text).encode())
    mac = LineMac(KEY, bytes(16))
    parts = array("i", (0, len(line), 1, 0))
    assert mac.right(line, parts)
    line[-1] ^= 1
    assert not mac.right(line, parts)
