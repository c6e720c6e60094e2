"""The DMA's sniffer gives the checksums that Python's own libraries do (RP2040 datasheet 2.5.5.2)."""

from __future__ import annotations

import binascii
import struct
import zlib

import pytest

pytestmark = pytest.mark.virtual

DATA = bytes(range(7, 256, 3)) * 3 + b"a."  # 251 bytes and a few: odd at every level, cut to whole items
CRC32, CRC32_REVERSED, CRC16, CRC16_REVERSED, EVEN, SUM = 0, 1, 2, 3, 14, 15
SWAP, REVERSE_OUT, INVERT_OUT = 1 << 9, 1 << 10, 1 << 11
BYTE, HALF, WORD = 0, 1, 2

SNIFF = """
dma = rp2.DMA()
source = bytes.fromhex("{data}"); target = bytearray(len(source))
CTRL, SUM = 0x50000434, 0x50000438
mem32[CTRL] = 1 | dma.channel << 1 | {calc} << 5 | {out}
mem32[SUM] = {seed}
dma.config(read=source, write=target, count=len(source) >> {size},
           ctrl=dma.pack_ctrl(size={size}, bswap={bswap}, sniff_en={sniff}), trigger=True)
while dma.active(): pass
print(mem32[SUM] & 0xffffffff, mem32[CTRL] >> 5 & 15, target == source)
dma.close()
"""


def whole(size: int) -> bytes:
    return DATA[: len(DATA) & ~((1 << size) - 1)]


def sniffed(repl, calc: int, size: int, seed: int = 0, out: int = 0, bswap: bool = False, sniff: bool = True) -> int:
    """What the sniffer tells of DATA, in whole items of 1 << size bytes; the copy is checked beside."""
    code = SNIFF.format(data=whole(size).hex(), calc=calc, size=size, seed=seed, out=out, bswap=bswap, sniff=sniff)
    told, kind, same = repl.execute(code).split()
    assert int(kind) == calc
    assert (same == "True") != bswap
    return int(told)


def in_items(data: bytes, size: int) -> bytes:
    """The bytes of each item turned about: as a sum sees them that takes an item's highest bit first."""
    each = 1 << size
    return b"".join(data[at : at + each][::-1] for at in range(0, len(data), each))


def reversed_bits(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def crc16_reversed(data: bytes, seed: int) -> int:
    """CRC-16 of bytes whose lowest bit comes first, the register as it is: binascii's of bytes turned about."""
    return binascii.crc_hqx(bytes(reversed_bits(byte, 8) for byte in data), seed)


@pytest.mark.parametrize("size", (BYTE, HALF, WORD))
def test_the_usual_crc_32(repl, size: int) -> None:
    """zlib's: reversed data, all ones to begin with, the result reversed and inverted."""
    assert sniffed(repl, CRC32_REVERSED, size, 0xFFFFFFFF, REVERSE_OUT | INVERT_OUT) == zlib.crc32(whole(size))


@pytest.mark.parametrize("size", (BYTE, HALF, WORD))
def test_crc_32_with_the_highest_bit_first(repl, size: int) -> None:
    """zlib's of bytes turned about bit by bit, its result turned back."""
    turned = bytes(reversed_bits(byte, 8) for byte in in_items(whole(size), size))
    expected = reversed_bits(zlib.crc32(turned) ^ 0xFFFFFFFF, 32)
    assert sniffed(repl, CRC32, size, 0xFFFFFFFF) == expected
    assert sniffed(repl, CRC32, size, 0xFFFFFFFF, INVERT_OUT) == expected ^ 0xFFFFFFFF
    assert sniffed(repl, CRC32, size, 0xFFFFFFFF, REVERSE_OUT) == reversed_bits(expected, 32)


@pytest.mark.parametrize("size", (BYTE, HALF, WORD))
def test_crc_16_ccitt_both_ways(repl, size: int) -> None:
    assert sniffed(repl, CRC16, size, 0xFFFF) == binascii.crc_hqx(in_items(whole(size), size), 0xFFFF)
    assert sniffed(repl, CRC16_REVERSED, size, 0x1D0F) == crc16_reversed(whole(size), 0x1D0F)


@pytest.mark.parametrize(("size", "code"), ((BYTE, "B"), (HALF, "H"), (WORD, "I")))
def test_sum_and_even_parity(repl, size: int, code: str) -> None:
    data = whole(size)
    items = struct.unpack(f"<{len(data) >> size}{code}", data)
    assert sniffed(repl, SUM, size, 0xFFFFFFF0) == (sum(items) + 0xFFFFFFF0) % 2**32
    ones = sum(byte.bit_count() for byte in data)
    assert sniffed(repl, EVEN, size) == ones % 2
    assert sniffed(repl, EVEN, size, 1) == (ones + 1) % 2


def test_bytes_swapped_by_the_sniffer_and_by_the_channel_cancel(repl) -> None:
    """It is behind the channel's swap, which the data keeps."""
    ordered = binascii.crc_hqx(whole(WORD), 0xFFFF)
    assert sniffed(repl, CRC16, WORD, 0xFFFF, SWAP) == ordered
    assert sniffed(repl, CRC16, WORD, 0xFFFF, bswap=True) == ordered
    both = sniffed(repl, CRC16, WORD, 0xFFFF, SWAP, bswap=True)
    assert both == binascii.crc_hqx(in_items(whole(WORD), WORD), 0xFFFF) != ordered


def test_a_channel_that_is_not_to_be_watched_is_not(repl) -> None:
    assert sniffed(repl, SUM, BYTE, 12345, sniff=False) == 12345
