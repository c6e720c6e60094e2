"""A board of the bench takes a UF2 through BOOTSEL, and whatever goes wrong on the way is told with what to do.

On two emulated Picos; where their sockets are another machine's, on paper.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hil.bench.config import BenchPort, Config
from hil.errors import HilError
from hil.play.operator import Operator
from hil.rigs.bench.emulated import EmulatedOutside, emulated_config, open_emulated
from hil.rigs.bench.emulated_sockets import EmulatedSockets
from hil.rigs.bench.flashing import HostSockets, flash_instrument, silent
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.testing.job import Flashable, WrongFirmwareError, begin, under_test
from sapper_host.connected.bootsel import Drive
from sapper_host.connected.ports import Port
from sapper_host.flash.build_mark import FLAG_EXTENSION_TAGS
from sapper_host.flash.uf2 import BLOCK_BYTES, read_uf2

# A word of help that the console prints on demand: to change it changes nothing that a start does.
HELP = b"says the operator is there"


@pytest.fixture
def outside() -> Iterator[EmulatedOutside]:
    try:
        made = open_emulated(default_uf2(), instrument_uf2(), emulated_config(), 5)
    except HilError as error:
        if "make " not in str(error):
            raise
        pytest.skip(str(error))
    yield made
    made.close()


def bench(outside: EmulatedOutside, **troubles: Any) -> BenchRig:
    return BenchRig(outside, emulated_config(), sockets=EmulatedSockets(outside, **{"takes_time": False} | troubles))


def changed(folder: Path, build: Path) -> Path:
    """The file with one bit of one byte changed, and without what its build says of it."""
    data = bytearray(build.read_bytes())
    data[data.index(HELP)] ^= 1
    for at in range(0, len(data), BLOCK_BYTES):
        (flags,) = struct.unpack_from("<I", data, at + 8)
        struct.pack_into("<I", data, at + 8, flags & ~FLAG_EXTENSION_TAGS)
    path = folder / "changed.uf2"
    path.write_bytes(data)
    return path


WHOLE = pytest.mark.whole
pair = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual")]


class TestOnTwoPicos:
    pytestmark = pair

    @pytest.mark.whole
    def test_a_board_takes_it_in_the_time_that_flash_takes_and_starts_with_it(self, outside: EmulatedOutside) -> None:
        with bench(outside, takes_time=True) as rig:
            outside.pair.rover.flash.write(len(read_uf2(default_uf2()).data) // 2 & ~4095, bytes(4096))
            assert isinstance(rig, Flashable)
            told: list[tuple[int, int]] = []
            began_ns = outside.now_ns
            rig.flash_uf2(default_uf2(), lambda done, total: told.append((done, total)))
            assert told[0][0] == 0 and told[-1][0] == told[-1][1] == default_uf2().stat().st_size + BLOCK_BYTES
            assert outside.now_ns - began_ns > 5_000_000_000
            job = begin(_AsItIs(rig), under_test("bench"))
            assert job.facts["instrument"] == rig.instrument_id != ""
            assert rig.usb_places == ()

    def test_one_byte_that_differs_in_what_was_flashed_is_found_by_the_check(
        self, outside: EmulatedOutside, tmp_path: Path
    ) -> None:
        wanted = under_test("bench")
        assert wanted.image is not None
        other = replace(wanted, image=replace(wanted.image, path=changed(tmp_path, default_uf2())))
        with bench(outside) as rig, pytest.raises(WrongFirmwareError, match="and has something else in its flash"):
            begin(rig, other)

    @pytest.mark.parametrize(
        ("troubles", "said"),
        [
            pytest.param({"vanish_after": 100_000}, "went away after .* bytes .*; look at cable and plug", marks=WHOLE),
            ({"cut_after": 100_000}, "went away after .* bytes .*; look at cable and plug"),
            pytest.param({"comes_back": False}, "did not come back within 15 s; is it the right file", marks=WHOLE),
        ],
    )
    def test_a_copy_that_is_cut_short_and_a_board_that_stays_away_are_told(
        self, outside: EmulatedOutside, troubles: dict[str, Any], said: str
    ) -> None:
        with bench(outside, **troubles) as rig, pytest.raises(HilError, match=said):
            rig.flash_uf2(default_uf2())

    def test_a_board_that_was_left_half_flashed_takes_it_the_next_time(self, outside: EmulatedOutside) -> None:
        with bench(outside, cut_after=100_000) as rig:
            with pytest.raises(HilError, match="went away"):
                rig.flash_uf2(default_uf2())
            rig.flash_uf2(default_uf2())
            assert "sapper=" in Operator(rig).boot()

    @pytest.mark.parametrize("switch", ["run", pytest.param("bootsel", marks=WHOLE)])
    def test_a_switch_that_leads_nowhere_is_told_and_nothing_is_copied(
        self, outside: EmulatedOutside, monkeypatch: pytest.MonkeyPatch, switch: str
    ) -> None:
        before = outside.pair.rover.flash.image()[: len(read_uf2(default_uf2()).data)]
        with bench(outside) as rig:
            name = {"run": "run_pin", "bootsel": "bootsel"}[switch]
            monkeypatch.setattr(outside.pair.rover, name, lambda level: None)
            with pytest.raises(HilError, match=r"the rover shows no drive .*`sapper bench check` tries RUN, BOOTSEL"):
                rig.flash_uf2(default_uf2())
            assert outside.pair.rover.flash.image()[: len(before)] == before

    def test_another_boards_drive_is_left_alone_and_named(
        self, outside: EmulatedOutside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with bench(outside) as rig:
            sockets = rig._sockets
            monkeypatch.setattr(outside.pair.rover, "bootsel", lambda held: None)
            monkeypatch.setattr(sockets, "drives", lambda: [Drive("1-4", folder=tmp_path)])
            with pytest.raises(HilError, match=r"another board does, .* not in its socket rover: nothing was copied"):
                rig.flash_uf2(default_uf2())
        assert not list(tmp_path.iterdir())

    def test_the_instrument_goes_into_bootsel_by_a_frame_and_says_what_it_was_built_from(
        self, outside: EmulatedOutside
    ) -> None:
        sockets = EmulatedSockets(outside)
        sockets.drive_of["instrument"].takes_time = False
        outside.wait(2_000_000_000)
        image = read_uf2(instrument_uf2())
        number = flash_instrument(image, outside.instrument, sockets, outside)
        with BenchRig(outside, emulated_config()) as rig:
            assert rig.instrument_id == number

    def test_an_instrument_with_the_rovers_firmware_is_told_and_takes_its_own_again(
        self, outside: EmulatedOutside
    ) -> None:
        sockets = EmulatedSockets(outside)
        sockets.drive_of["instrument"].takes_time = False
        outside.wait(2_000_000_000)
        with pytest.raises(HilError, match="does not answer as one; is firmware.uf2 the instrument's"):
            flash_instrument(read_uf2(default_uf2()), outside.instrument, sockets, outside)
        with pytest.raises(HilError, match="its port never went, .* hold its BOOTSEL while plugging it in"):
            flash_instrument(read_uf2(instrument_uf2()), outside.instrument, sockets, outside)
        instrument = outside.pair.instrument
        instrument.power_cut()
        instrument.power_on(bootsel=True)
        outside.wait(300_000_000)
        instrument.bootsel(False)
        assert flash_instrument(read_uf2(instrument_uf2()), outside.instrument, sockets, outside, silent)


class _AsItIs:
    """A rig that is not flashed again."""

    def __init__(self, rig: BenchRig) -> None:
        self._rig = rig

    def __getattr__(self, name: str) -> Any:
        if name == "flash_uf2":
            raise AttributeError(name)
        return getattr(self._rig, name)


# On paper


@pytest.mark.unit
def test_a_board_is_known_by_its_socket_though_its_port_has_gone() -> None:
    config = Config(ports={"rover": BenchPort(serial_number="E66"), "instrument": BenchPort(location="1-1.3")})
    ports = [Port("/dev/ttyACM0", "usb", "board", serial_number="E66", location="1-1.2")]
    sockets = HostSockets(config, lambda: ports, lambda: [])
    assert sockets.places() == {"rover": "1-1.2", "instrument": "1-1.3"}
    ports.clear()
    assert sockets.kernel_places() == ("1-1.3", "1-1.2")


@pytest.mark.unit
def test_the_drives_of_emulated_rigs_are_none_of_a_benchs() -> None:
    real, emulated = Drive("1-1.2", "/dev/sda1", address=(1, 5)), Drive("/tmp/rig", folder=Path("/tmp/rig/RPI-RP2"))
    assert HostSockets(Config(), lambda: [], lambda: [real, emulated]).drives() == [real]
