"""Frames are found in whatever the host sends, and only those that are whole."""

from __future__ import annotations

import random
import struct

import codec
import pytest
from driver import frame

from hil.bench.instrument import wire

pytestmark = pytest.mark.unit


def found(data: bytes) -> tuple[list[bytes], int]:
    """Every frame that is found in `data`, and how many bytes belong to none; as the loop goes through them."""
    frames, dropped = [], 0
    left = bytearray(data)
    while left:
        length = codec.find(left, len(left), codec.TABLE)
        if length == 0:
            break
        if length > 0:
            frames.append(bytes(left[:length]))
        else:
            dropped -= length
        del left[: abs(length)]
    return frames, dropped


def test_a_frame_is_closed_as_the_table_says() -> None:
    for length in (0, 1, 24, 2048):
        payload = random.Random(length).randbytes(length)
        buffer = bytearray(4) + payload + bytearray(4)
        assert codec.close(buffer, wire.REPORT, length, codec.TABLE) == length + 8
        assert bytes(buffer) == frame(wire.REPORT, payload)


def test_frames_in_a_row_are_all_found() -> None:
    frames = [frame(kind, bytes(range(kind))) for kind in (1, 2, 3, 4, 5)]
    assert found(b"".join(frames)) == (frames, 0)


def test_a_part_of_a_frame_is_waited_for_wherever_it_is_cut() -> None:
    whole = frame(wire.SLICE, bytes(12))
    for cut in range(1, len(whole)):
        assert found(whole[:cut]) == ([], 0)


def test_frames_are_found_between_garbage_and_frames_that_were_spoilt() -> None:
    chance = random.Random(3)
    for _ in range(200):
        sent, wanted = b"", []
        for _ in range(6):
            # Of 0xA5 as well, which a frame begins with; none that says a length makes the rest wait for ever.
            sent += bytes(chance.choice((0x00, 0xFF, 0x07, wire.START)) for _ in range(chance.randrange(9))) + b"\x00"
            made = frame(chance.choice((1, 3, 4)), b"")
            if chance.random() < 0.3:
                spoilt = bytearray(made)
                spoilt[chance.randrange(4, 8)] ^= 1 << chance.randrange(8)
                sent += bytes(spoilt)
            else:
                sent += made
                wanted.append(made)
        frames, dropped = found(sent)
        assert frames == wanted
        assert dropped == len(sent) - sum(map(len, wanted))


@pytest.mark.parametrize("bit", range(8 * 20))
def test_no_frame_with_a_wrong_bit_is_taken(bit: int) -> None:
    whole = bytearray(frame(wire.SLICE, bytes(range(12))))
    whole[bit // 8] ^= 1 << bit % 8
    assert found(bytes(whole) + frame(wire.HELLO))[0] in ([frame(wire.HELLO)], [])


def test_a_length_that_no_frame_has_is_not_waited_for() -> None:
    head = struct.pack(wire.HEAD, wire.START, wire.SLICE, wire.PAYLOAD_MOST + 1)
    assert found(head + frame(wire.HELLO)) == ([frame(wire.HELLO)], len(head))
