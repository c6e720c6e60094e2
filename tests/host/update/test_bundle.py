"""Bundles: equal trees give equal files, and whatever is wrong with one is said before a board hears of it."""

import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import flash_layout
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpremote.romfs import VfsRomWriter

from sapper.update import slot_trailer
from sapper.update.trailer import check_signature
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import ROOT
from sapper_host.update import bundle as bundles
from sapper_host.update import team_key
from sapper_host.update.bundle import BundleError, make, read, write
from sapper_host.update.wire import body_of, pieces, sectors

pytestmark = pytest.mark.unit

KEY = bytes(range(32))
_HEADER = b"M\x06\x13\x1f"  # version 6.3 for armv6m


def compiled(folder: Path, **changes: bytes) -> Path:
    """A folder as `make mpy` leaves it, of made-up modules."""
    rng = random.Random(3)
    modules = {f"sapper/part{i}.mpy": _HEADER + rng.randbytes(700 * i + 10) for i in range(9)}
    modules["sapper_build.mpy"] = _HEADER + b"build"
    modules |= {f"sapper/{name}.mpy": data for name, data in changes.items()}
    for name, data in modules.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    about = {"version": "1.2.3", "git": "abc", "content": "0123456789abcdef", "micropython": "1.25.0"}
    (folder / "build.json").write_text(json.dumps(about | {"modules": sorted(modules)}))
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole.sapper"
    write(make(compiled(tmp_path / "mpy"), KEY), path)
    return path


def test_what_is_written_is_read_again(whole: Path, tmp_path: Path) -> None:
    made, again = make(tmp_path / "mpy", KEY), read(whole)
    assert again == made
    assert made.signed and made.values["mpy"] == "4870"
    check_signature(again.trailer, KEY)
    for row in again.files:
        assert again.image[row.offset : row.offset + row.size] == (tmp_path / "mpy" / row.name).read_bytes()


def test_equal_trees_give_equal_files(whole: Path, tmp_path: Path) -> None:
    write(make(compiled(tmp_path / "elsewhere"), KEY), tmp_path / "other.sapper")
    assert (tmp_path / "other.sapper").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("key", [None, KEY])
def test_a_trailer_as_long_as_a_board_reads_is_made_and_read_and_a_longer_one_is_not(
    tmp_path: Path, key: bytes | None
) -> None:
    folder = compiled(tmp_path / "mpy")
    about = json.loads((folder / "build.json").read_text())
    room = bundles.BYTES_MAX - len(make(folder, key).trailer) + len(about["git"])
    for length in (room - 2, room - 1, room, room + 1):
        (folder / "build.json").write_text(json.dumps(about | {"git": "g" * length}))
        if length > room:
            with pytest.raises(BundleError, match="1025 bytes, and a board reads 1024"):
                make(folder, key)
            break
        # The image holds the revision as well, so its own length, among the trailer's words, may change by a digit.
        made = make(folder, key)
        assert len(made.trailer) <= bundles.BYTES_MAX
        write(made, tmp_path / "it.sapper")
        assert read(tmp_path / "it.sapper") == made
    else:
        pytest.fail("the longer one was not tried")


def test_the_board_and_the_laptop_agree_on_the_size_of_a_slot() -> None:
    assert bundles.IMAGE_BYTES_MAX == flash_layout.IMAGE_BYTES_MAX


def test_the_board_and_the_laptop_read_one_definition_of_a_trailer() -> None:
    # `slots` needs a board to be imported; what it calls the mark, the size and the API is the image's own copy.
    slots = (ROOT / "firmware/board/modules/slots.py").read_text()
    manifest = (ROOT / "firmware/board/manifest.py").read_text()
    assert "import slot_trailer\n" in slots and "from slot_trailer import API\n" in slots
    assert 'module("slot_trailer.py", base_path="../sapper/update")' in manifest
    assert (bundles.API, bundles.MARK) == (slot_trailer.API, slot_trailer.MARK)
    assert slot_trailer.MARK not in slots and "\nAPI =" not in slots


def test_a_module_that_grows_moves_nothing_before_it(tmp_path: Path) -> None:
    for extra in range(1, 4):
        one = make(compiled(tmp_path / "one", zz=_HEADER + bytes(5000)))
        other = make(compiled(tmp_path / "other", zz=_HEADER + bytes(5000 + extra)))
        at = next(row.offset for row in one.files if row.name == "sapper/zz.mpy")
        same = [a == b for a, b in zip(sectors(one.image), sectors(other.image), strict=False)]
        assert all(same[1 : at // 4096]), f"{extra} bytes more"


@pytest.mark.parametrize("size", range(4900, 5030, 13))
def test_a_module_that_changes_by_a_few_bytes_moves_none_behind_it(tmp_path: Path, size: int) -> None:
    made = [make(compiled(tmp_path / str(more), aa=_HEADER + bytes(size + more))) for more in range(9)]
    assert {(len(one.image) - len(made[0].image)) % 128 for one in made} == {0}
    places = {tuple(row.offset for row in one.files if row.name != "sapper/aa.mpy") for one in made}
    assert len(places) <= 2, "one step at most in eight bytes"
    differ = [
        sum(a != b for a, b in zip(sectors(made[0].image), sectors(one.image), strict=True))
        for one in made
        if len(one.image) == len(made[0].image)
    ]
    assert max(differ) <= 3, "the two sectors that the module lies in, and the manifest's"


def test_only_what_differs_is_sent(tmp_path: Path) -> None:
    rng = random.Random(9)
    one = make(compiled(tmp_path / "one", changed=_HEADER + rng.randbytes(900)))
    other = make(compiled(tmp_path / "other", changed=_HEADER + rng.randbytes(950)))
    sent = sum(len(body_of(sector)) for sector in pieces(other, one.files))
    assert 900 < sent < 950 + 3500
    assert b"".join(data for sector in pieces(other, one.files) for _, _, data in sector) == other.image


def test_an_application_that_is_too_large_is_not_bundled(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="a slot holds"):
        make(compiled(tmp_path, big=_HEADER + bytes(390_000)))


def test_a_folder_without_modules_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no compiled modules"):
        make(tmp_path)


def rewritten(source: Path, target: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(source) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held |= {name.replace("_", "."): data for name, data in members.items()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            if data:
                archive.writestr(name, data)
    return target


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"image_romfs": b"?" * 3000}, "not what was sent|do not fit"),
        ({"image_romfs": b""}, "not a whole bundle"),
        ({"image_romfs": b"?" * 390_000}, "a slot holds"),
        ({"slot_txt": b"nothing"}, "not an update's"),
        ({"slot_txt": b""}, "not a whole bundle"),
        ({"slot_txt": b"x" * 2000}, "a slot holds"),
    ],
)
def test_a_bundle_with_a_wrong_part_is_refused(whole: Path, tmp_path: Path, members: dict, said: str) -> None:
    with pytest.raises(BundleError, match=said) as refused:
        read(rewritten(whole, tmp_path / "wrong.sapper", **members))
    assert refused.value.remedy


def test_a_manifest_that_lies_is_refused(whole: Path, tmp_path: Path) -> None:
    import hashlib
    import zlib

    made = read(whole)
    row = made.files[3]
    image = bytearray(made.image)
    image[row.offset + 8] ^= 1
    trailer = made.trailer.decode()
    trailer = trailer.replace(made.values["sha256"], hashlib.sha256(image).hexdigest())
    trailer = trailer.replace(made.values["crc32"], f"{zlib.crc32(image):08x}")
    write(replace(made, image=bytes(image), trailer=trailer.encode()), tmp_path / "lie.sapper")
    with pytest.raises(BundleError, match=row.name):
        read(tmp_path / "lie.sapper")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_refused_or_unharmed(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(whole.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    damaged = tmp_path / "damaged.sapper"
    damaged.write_bytes(content)
    try:
        assert read(damaged) == read(whole)
    except SapperError as error:
        assert error.remedy and error.status == Status.BAD_INPUT


def test_a_team_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "team.key"
    key = team_key.create(path)
    assert team_key.load(path) == key and path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SapperError, match="there already"):
        team_key.create(path)
    path.write_text("no key")
    with pytest.raises(SapperError, match="holds no key"):
        team_key.load(path)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["bundle", "--show", "nowhere.sapper"], Status.BAD_INPUT, "cannot be read"),
        (["bundle", "--show"], Status.USAGE, "name it"),
        (["update", __file__], Status.BAD_INPUT, "not a whole bundle"),
        (["update", "--all", "--port", "x"], Status.USAGE, "leave --port away"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_status(arguments: list[str], status: Status, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sapper_host", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == status and said in done.stderr


def test_each_file_begins_at_a_word_as_native_code_in_it_runs_where_it_lies(whole: Path) -> None:
    made = read(whole)
    assert [row.offset % 4 for row in made.files] == [0] * len(made.files)


def files_in(image: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file of a ROM file system, as MicroPython's extmod/vfs_rom.c goes through it."""

    def number(at: int) -> tuple[int, int]:
        value = 0
        while True:
            value = value << 7 | image[at] & 0x7F
            at += 1
            if image[at - 1] < 0x80:
                return value, at

    def records(at: int, end: int, folder: str) -> Iterator[tuple[str, bytes]]:
        while at < end:
            kind, at = number(at)
            length, at = number(at)
            if kind == VfsRomWriter.ROMFS_RECORD_KIND_PADDING:
                at += length
                continue
            size, first = number(at)
            name = image[first : first + size].decode()
            if kind == VfsRomWriter.ROMFS_RECORD_KIND_DIRECTORY:
                yield from records(first + size, at + length, f"{folder}{name}/")
            else:
                assert kind == VfsRomWriter.ROMFS_RECORD_KIND_FILE
                kind, inner = number(first + size)
                size, inner = number(inner)
                assert (kind, inner + size) == (VfsRomWriter.ROMFS_RECORD_KIND_DATA_VERBATIM, at + length)
                yield folder + name, image[inner : inner + size]
            at += length

    length, first = number(len(VfsRomWriter.ROMFS_HEADER))
    assert image.startswith(VfsRomWriter.ROMFS_HEADER) and first + length == len(image)
    return records(first, len(image), "")


def test_a_board_finds_in_the_image_every_file_as_it_was(whole: Path, tmp_path: Path) -> None:
    made = read(whole)
    found = dict(files_in(made.image))
    assert found.pop(bundles.MANIFEST).decode().count("\nfile ") == len(made.files)
    assert found == {row.name: (tmp_path / "mpy" / row.name).read_bytes() for row in made.files}
