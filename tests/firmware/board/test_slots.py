"""The board's own slots over flash in memory: what is whole and, if there is a team key, signed with it, may start."""

import hashlib
import zlib

import flash_layout
import pytest
from flash_chip import SECTOR, Chip, board_modules

from sapper.storage.team_key import NO_KEY, TeamKey
from sapper.storage.two_copies import copy_of
from sapper.update.slot_trailer import API, BYTES_MAX, MARK, in_sector, parse
from sapper.update.trailer import TrailerError, mac, values_of

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
IMAGE = bytes(range(256)) * 40


def trailer(key=None, fill=0, **changes):
    """A trailer of IMAGE; fill: bytes in all, if it is to have so many."""
    values = {"length": len(IMAGE), "sha256": hashlib.sha256(IMAGE).hexdigest(), "crc32": f"{zlib.crc32(IMAGE):08x}"}
    values |= {"api": API, "mpy": 4870, "version": "1.0", "git": "x", "content": "y"} | changes
    lines = [MARK, *(f"{name}={value}" for name, value in values.items())]
    end = len("mac=") + (64 if key else 4) + 1
    short = fill - len("\n".join([*lines, ""])) - end
    if short > 0:
        lines.append("note=" + "n" * (short - len("note=") - 1))
    unsigned = "\n".join([*lines, ""]).encode()
    return unsigned + f"mac={mac(key, unsigned) if key else 'none'}\n".encode()


@pytest.fixture
def board(tmp_path, monkeypatch):
    chip = Chip()
    slots, places = board_modules(monkeypatch, chip, tmp_path)
    slots.chip, slots.places = chip, places
    return slots


def put(board, slot, raw):
    """An image and its trailer into a slot, as the receiver leaves it."""
    area = board.area(slot)
    board.erase(slot, 0, 4)
    area.writeblocks(0, IMAGE + b"\xff" * (-len(IMAGE) % 256), 0)
    board.erase(slot, flash_layout.TRAILER_SECTOR, 1)
    area.writeblocks(flash_layout.TRAILER_SECTOR, raw + b"\xff" * (SECTOR - len(raw)), 0)


def has_key(board, key):
    kept = TeamKey(board.places)
    kept.load()
    kept.save(key)


def test_without_a_team_key_whatever_is_whole_may_start(board):
    put(board, "a", trailer())
    put(board, "b", trailer(KEY))
    assert [board.wrong_with(slot) for slot in "ab"] == ["", ""]


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (trailer(KEY), ""),
        (trailer(), "not signed"),
        (trailer(OTHER), "not signed"),
        (trailer(KEY).replace(b"version=1.0", b"version=9.0"), "not signed"),
        (trailer(KEY)[:-1] + b"0\n", "not signed"),
        (trailer(KEY)[:-66] + b"z" * 64 + b"\n", "not signed"),
        (trailer(KEY) + b"content=z\n", "not signed"),
    ],
)
def test_what_lay_in_a_slot_before_the_key_came_is_not_started_unless_it_is_signed_with_it(board, raw, wrong):
    put(board, "b", raw)
    assert board.wrong_with("b") == ""
    board.point_to("b")
    has_key(board, KEY)
    assert board.wrong_with("b").startswith(wrong) and bool(board.wrong_with("b")) == bool(wrong)
    board.choose()
    assert board.running == ("factory" if wrong else "b")


def test_what_was_kept_and_runs_is_not_started_either_nor_fallen_back_to(board):
    put(board, "a", trailer(OTHER))
    put(board, "b", trailer())
    board.write_pointer("run=b\nbefore=a\ntries=kept\n")
    board.choose()
    assert board.running == "b"
    has_key(board, KEY)
    board.choose()
    assert (board.running, board.why) == ("factory", "slot_damaged")


def test_a_spoilt_team_key_starts_the_factory_image(board):
    put(board, "a", trailer(KEY))
    has_key(board, KEY)
    assert board.wrong_with("a") == ""
    for page in (bytes(256), *(copy_of(9, word) for word in ("abc", "xy", "ab" * 31, "ab" * 33, "z" * 64))):
        for place in (0, 1):
            board.places.write(place, page)
        assert "spoilt" in board.wrong_with("a")
        board.choose()
        assert board.running == "factory"


def test_after_the_key_was_taken_away_anything_whole_starts_again(board):
    put(board, "a", trailer())
    has_key(board, KEY)
    has_key(board, NO_KEY)
    assert board.wrong_with("a") == ""


@pytest.mark.parametrize("length", [BYTES_MAX - 1, BYTES_MAX, BYTES_MAX + 1, SECTOR])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_trailer_is_read_by_the_board_as_long_as_it_is_taken(board, length, key):
    raw = trailer(key, length)
    assert len(raw) == length
    try:
        taken = bool(values_of(raw))
    except TrailerError:
        taken = False
    put(board, "a", raw)
    assert taken == (length <= BYTES_MAX)
    assert bool(board.trailer("a")) == taken
    if key:
        has_key(board, key)
    assert board.wrong_with("a") == ("" if taken else "empty")


@pytest.mark.parametrize("length", [0, 1, BYTES_MAX - 1, BYTES_MAX, BYTES_MAX + 1, SECTOR])
def test_what_is_out_of_bounds_is_found_by_one_byte_more(length):
    sector = b"x" * length + b"\xff" * (SECTOR - length)
    assert len(in_sector(sector)) == min(length, BYTES_MAX + 1)
    assert parse(in_sector(sector)) == {}


KEY_AT = flash_layout.KEY_SECTOR
ERASED = [(KEY_AT, 1), (KEY_AT - 14, 16), (0, KEY_AT + 2), (KEY_AT - 1, 2), (KEY_AT, 2)]


@pytest.mark.parametrize(("first", "count"), ERASED)
def test_no_erase_of_a_slot_takes_the_team_key_with_it(board, first, count):
    has_key(board, KEY)
    with pytest.raises(ValueError, match="not an update's"):
        board.erase("a", first, count)
    board.erase("a", 0, KEY_AT)
    board.erase("a", KEY_AT + 1, 1)
    kept = TeamKey(board.places)
    kept.load()
    assert kept.key == KEY
