"""A UF2 tells what its build made: a bit that flipped on the way is noticed before a board is touched."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.flash import uf2
from sapper_host.flash.build_mark import TAG_SHA2, TAG_VERSION, Build, MarkError, read_mark
from tests.host.flash import test_flash
from tests.host.flash.test_flash import Flash, FlashableBoard
from tests.host.flash.test_uf2 import FLAGS_AT, firmware
from toolchain.build_mark import marked

pytestmark = pytest.mark.unit
alone, board, file, flash = test_flash.alone, test_flash.board, test_flash.file, test_flash.flash
GIT = "0123456789"
BLOCKS = 300
MARK_AT = 288


@pytest.fixture
def sealed(file: Path) -> Path:
    """The file with its build's mark."""
    file.write_bytes(marked(file.read_bytes(), f"0.1.0+{GIT}"))
    return file


def test_what_the_build_wrote_is_read_and_nothing_that_goes_to_flash_changes(file: Path) -> None:
    before = uf2.read_uf2(file)
    file.write_bytes(marked(file.read_bytes(), f"0.1.0+{GIT}"))
    image = uf2.read_uf2(file)
    assert image.build == Build("0.1.0", GIT, hashlib.sha256(before.data).hexdigest())
    assert (image.data, image.pages) == (before.data, before.pages) and before.build is None


@settings(max_examples=100, deadline=None)
@given(block=st.integers(0, BLOCKS - 1), bit=st.integers(32 * 8, 288 * 8 - 1))
def test_no_bit_of_what_goes_to_flash_can_flip_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, block: int, bit: int
) -> None:
    content = bytearray(marked(bytes(firmware(BLOCKS)), "0.1.0"))
    content[block * 512 + bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.getbasetemp() / "bit.uf2"
    path.write_bytes(content)
    with pytest.raises(uf2.Uf2Error, match="SHA-256 differs|boot ROM's checksum") as caught:
        uf2.read_uf2(path)
    assert caught.value.remedy


def test_a_flipped_bit_is_not_verified_and_no_board_is_touched(
    board: FlashableBoard, flash: Flash, sealed: Path
) -> None:
    content = bytearray(sealed.read_bytes())
    content[200 * 512 + 100] ^= 4
    sealed.write_bytes(content)
    status, report, err = flash()
    assert status == Status.BAD_INPUT and report == {}
    assert f"not hold what its build (0.1.0+{GIT}) made" in err and "do: " in err
    assert board.heard == []


def test_the_report_names_the_build_or_says_that_it_is_unknown(
    board: FlashableBoard, flash: Flash, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, unknown, _ = flash()
    assert unknown["file"]["build"] == "unknown build"
    file.write_bytes(marked(file.read_bytes(), f"0.1.0+{GIT}"))
    _, known, _ = flash()
    assert known["file"]["build"] == f"0.1.0+{GIT}"
    assert known["file"]["flash_sha256"] == unknown["file"]["flash_sha256"] == hashlib.sha256(
        uf2.read_uf2(file).data
    ).hexdigest()  # fmt: skip
    main(["flash", "--uf2", str(file)])
    assert f"0.1.0+{GIT}, as its build made it" in capsys.readouterr().out
    json.dumps(known)


def test_a_factory_image_of_another_build_is_flashed_without_asking_for_hashes(
    board: FlashableBoard, flash: Flash, sealed: Path
) -> None:
    status, _, _ = flash()
    assert status == Status.OK
    assert not [line for line in board.heard[: board.heard.index("bootloader")] if line.startswith("digest")]


DAMAGED = {
    "no end": bytes([40]) + bytes(20),
    "too small for itself": bytes([3, 1, 2, 3]),
    "half a hash": bytes([20]) + TAG_SHA2.to_bytes(3, "little") + bytes(16),
    "a version that is no text": bytes([8]) + TAG_VERSION.to_bytes(3, "little") + b"\x1b[2J"
    + bytes([36]) + TAG_SHA2.to_bytes(3, "little") + bytes(32),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_mark_is_no_mark(name: str, file: Path) -> None:
    with pytest.raises(MarkError):
        read_mark(DAMAGED[name])
    content = bytearray(file.read_bytes())
    content[MARK_AT : MARK_AT + len(DAMAGED[name])] = DAMAGED[name]
    content[FLAGS_AT + 1] |= 0x80
    if name != "no end":
        file.write_bytes(content)
        with pytest.raises(uf2.Uf2Error, match="is damaged"):
            uf2.read_uf2(file)


def test_tags_of_others_are_no_build(file: Path) -> None:
    other = bytes([9]) + (0x650D9D).to_bytes(3, "little") + b"rover" + bytes(3)
    assert read_mark(other + bytes(20)) is None and read_mark(b"") is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=220))
def test_whatever_stands_there_is_read_or_refused(space: bytes) -> None:
    try:
        build = read_mark(space)
    except MarkError:
        return
    assert build is None or len(build.sha256) == 64
