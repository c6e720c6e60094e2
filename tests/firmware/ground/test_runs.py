"""The map told as run lengths is the map that comes out of them, whatever is lost, doubled or spoilt on the way."""

import random
import struct
import zlib
from array import array

import pytest
from ground_kit import Kit

from sapper.ground import runs
from sapper.ground.cells import Cells
from sapper.ground.trust import NEVER, SIGMA_MOST_MM, ZERO

pytestmark = pytest.mark.unit


def filled(number, x=700_000, y=-900_000, **size):
    """A map with patches, lines and single cells, searched and kept off."""
    random_ = random.Random(number)
    kit = Kit(**size)
    kit.cells.begin(x, y)
    left, low, right, top = *kit.cells.shape[:2], *kit.cells.shape[2:4]
    for _ in range(60):
        col, row = left + random_.randint(0, right), low + random_.randint(0, top)
        for i in range(random_.choice((1, 1, 5, 20))):
            kit.cells.give(row + i, col, col + random_.choice((0, 1, 16, 100)), random_.randint(1, 3), ZERO)
    return kit


def frames(kit, room=200):
    """All of it, once: whole frames."""
    teller = runs.Teller(kit.cells, kit.trust)
    buffer = bytearray(room)
    found = []
    while not teller.rounds:
        length = teller.frame_into(buffer, room)
        assert runs.FRAME_LEAST_BYTES - 4 < length <= room
        found.append(bytes(buffer[:length]))
    return found


@pytest.mark.parametrize("room", [28, 40, 200, 400])
@pytest.mark.parametrize("number", range(3))
def test_what_is_told_comes_back(number, room):
    kit = filled(number, columns_bits=7, rows_bits=7)
    told = frames(kit, room)
    random.Random(number).shuffle(told)
    other = Kit(columns_bits=7, rows_bits=7)
    other.cells.begin(700_000, -900_000)
    for frame in told + told[:3]:
        runs.take(other.cells, frame)
    assert (other.cells.searched, other.cells.kept) == (kit.cells.searched, kit.cells.kept)
    assert max(len(frame) for frame in told) <= min(room, runs.FRAME_MOST_BYTES)


def test_a_map_of_another_size_and_place_takes_what_it_has_room_for():
    kit = filled(5, columns_bits=7, rows_bits=7)
    host = Cells(columns_bits=10, rows_bits=9)
    host.begin(702_000, -897_000)
    small = Kit(columns_bits=7, rows_bits=7)
    small.cells.begin(702_000, -897_000)
    for frame in frames(kit):
        runs.take(host, frame)
        runs.take(small.cells, frame)
    shape = small.cells.shape
    inside = {
        (c, r)
        for c, r in kit.searched()
        if shape[0] <= c <= shape[0] + shape[2] and shape[1] <= r <= shape[1] + shape[3]
    }
    assert inside and small.searched() == inside
    holder = Kit()
    holder.cells = host
    assert holder.searched() == kit.searched() and holder.kept() == kit.kept()


def test_an_empty_map_of_full_size_takes_few_bytes():
    kit = Kit()
    told = frames(kit)
    assert len(told) == 32 and sum(map(len, told)) == 32 * 26


def test_the_uncertainty_that_is_owed_goes_along():
    for blocks, sigma, absolute, owed in (
        (NEVER, 70, False, 0),
        (ZERO, 20, True, 0),
        (ZERO - 50, 70, False, 70),
        (ZERO + 90, 20, True, 90),
        (ZERO - 50, -1, False, SIGMA_MOST_MM),
    ):
        kit = Kit(columns_bits=7, rows_bits=7)
        if not absolute:
            kit.trust.tell(50, False)
        kit.trust.sigma_mm = sigma
        kit.cells.blocks[:] = array("H", [blocks] * len(kit.cells.blocks))
        kit.cells.searched[0] = 1
        other = Kit(columns_bits=7, rows_bits=7)
        for frame in frames(kit):
            runs.take(other.cells, frame)
        assert max(other.cells.blocks) == ZERO + owed


def test_it_goes_on_where_it_was_though_the_map_moves():
    kit = filled(2, x=0, y=0)
    teller = runs.Teller(kit.cells, kit.trust)
    buffer = bytearray(60)
    for i in range(400):
        kit.cells.follow(40 * i, 30 * i)
        frame = bytes(buffer[: teller.frame_into(buffer, 60)])
        _, _, columns, left, row, col, _, _ = struct.unpack_from(runs.HEAD, frame)
        shape = kit.cells.shape
        assert (columns, left) == (shape[2] + 1, shape[0])
        assert shape[0] <= col <= shape[0] + shape[2] and shape[1] <= row <= shape[1] + shape[3]
        kit.cells.settle()  # as giving does, lest it write into the line that goes out
        before = kit.cells.searched[:], kit.cells.kept[:]
        runs.take(kit.cells, frame)  # it told nothing that is not so
        assert (kit.cells.searched, kit.cells.kept) == before


def sealed(head, body):
    data = struct.pack(runs.HEAD, *head) + body
    return data + struct.pack("<I", zlib.crc32(data))


GOOD = (runs.VERSION, 50, 128, 0, 3, 5, 10, 2)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"", "0 bytes"),
        (b"x" * 24, "24 bytes"),
        (b"x" * 280, "280 bytes"),
        (sealed(GOOD, b"\x41\x42")[:-1] + b"\x00", "check sum"),
        (sealed((2, *GOOD[1:]), b"\x41\x42"), "version 2"),
        (sealed((1, 25, *GOOD[2:]), b"\x41\x42"), "cells of 25 mm"),
        (sealed((*GOOD[:7], 3), b"\x41\x42"), "3 bytes of runs are told, and 2 there"),
        (sealed((1, 50, 0, *GOOD[3:]), b"\x41\x42"), "out of bounds"),
        (sealed((1, 50, 128, 0, 3, 128, 10, 2), b"\x41\x42"), "out of bounds"),
        (sealed((1, 50, 128, 0, 3, -1, 10, 2), b"\x41\x42"), "out of bounds"),
        (sealed((*GOOD[:6], 4001, 2), b"\x41\x42"), "out of bounds"),
        (sealed(GOOD, b"\x41\x7f"), "cut"),
        (sealed((*GOOD[:7], 3), b"\x7f\xff\x40"), "8193 cells"),
    ],
)
def test_what_is_no_frame_is_refused_and_nothing_taken(frame, why):
    kit = filled(1, x=0, y=0, columns_bits=7, rows_bits=7)
    before = kit.cells.searched[:], kit.cells.kept[:], kit.cells.blocks[:]
    with pytest.raises(runs.RunsError, match=why):
        runs.take(kit.cells, frame)
    assert (kit.cells.searched, kit.cells.kept, kit.cells.blocks) == before


def test_no_spoilt_byte_is_taken_for_ground():
    kit = filled(4, columns_bits=7, rows_bits=7)
    other = Kit(columns_bits=7, rows_bits=7)
    other.cells.begin(700_000, -900_000)
    frame = frames(kit)[0]
    for at in range(len(frame)):
        for bit in range(8):
            spoilt = bytearray(frame)
            spoilt[at] ^= 1 << bit
            with pytest.raises(runs.RunsError):
                runs.take(other.cells, bytes(spoilt))
    assert not other.searched() and not other.kept()


def test_a_room_too_small_is_refused():
    kit = Kit()
    with pytest.raises(ValueError, match="28 bytes at least"):
        runs.Teller(kit.cells, kit.trust).frame_into(bytearray(200), 27)
