"""What the models do for bytes that no driver here sends, by their data sheets: another program may have sent them."""

from __future__ import annotations

import pytest

from hil.bench.parts.models.ina228 import Ina228Model
from hil.bench.parts.models.mcp4728 import Mcp4728Model, Setting
from hil.bench.parts.models.mcp23017 import Mcp23017Model
from hil.bench.parts.models.wire import NackError, Wire

pytestmark = pytest.mark.unit


def on_wire(*chips: object) -> Wire:
    wire = Wire()
    wire.chips += chips  # type: ignore[arg-type]
    return wire


def test_mcp4728_selects_power_down_gain_and_reference_for_all_channels() -> None:
    chip = Mcp4728Model(eeprom=(Setting(code=100),) * 4)
    wire = on_wire(chip)
    wire.transfer(0x60, bytes((0b10100110, 0b11000000)), 0)  # A: 01, B: 10, C: 11, D: 00
    assert [each.down for each in chip.inputs] == [1, 2, 3, 0]
    wire.transfer(0x60, bytes((0b11001010,)), 0)
    assert [each.gain for each in chip.inputs] == [1, 0, 1, 0]
    wire.transfer(0x60, bytes((0b10000101,)), 0)
    assert [each.vref for each in chip.inputs] == [0, 1, 0, 1]
    assert chip.eeprom == [Setting(code=100)] * 4
    wire.transfer(0x00, b"\x09", 0)
    assert [each.down for each in chip.inputs] == [0] * 4, "the general call wakes them"


def test_mcp4728_writes_one_channel_and_those_from_one_on_with_their_eeprom() -> None:
    now = [0]
    chip = Mcp4728Model(now_ns=lambda: now[0])
    wire = on_wire(chip)
    wire.transfer(0x60, bytes((0b01011100, 0x91, 0x23)), 0)  # single, C
    assert chip.eeprom[2] == chip.inputs[2] == Setting(1, 0, 1, 0x123) and chip.busy
    assert wire.transfer(0x60, None, 1)[0] & 0x80 == 0, "its head says that it is busy"
    now[0] += 25_000_000
    assert wire.transfer(0x60, None, 1)[0] & 0x80
    wire.transfer(0x60, bytes((0b01010100, 0x80, 0x01, 0x80, 0x02)), 0)  # sequential, C and D
    assert [each.code for each in chip.eeprom] == [0, 0, 1, 2]


def test_mcp4728_multi_write_sets_the_channels_it_names() -> None:
    chip = Mcp4728Model()
    on_wire(chip).transfer(0x60, bytes((0b01000110, 0x80, 0x11, 0b01000010, 0x90, 0x22)), 0)
    assert [each.code for each in chip.inputs] == [0, 0x22, 0, 0x11] and chip.inputs[1].gain == 1


def test_mcp4728_without_power_says_nothing_and_drives_nothing() -> None:
    heard: list[tuple[int, float | None]] = []
    chip = Mcp4728Model(changed=lambda channel, volts: heard.append((channel, volts)))
    wire = on_wire(chip)
    heard.clear()
    chip.power(False)
    assert heard == [(channel, None) for channel in range(4)]
    for address in (0x60, 0x00):
        with pytest.raises(NackError):
            wire.transfer(address, b"\x09", 0)


def test_mcp23017_counts_its_address_on_from_the_last_register_to_the_first() -> None:
    wire = on_wire(Mcp23017Model())
    assert wire.transfer(0x20, b"\x14", 4) == bytes((0, 0, 0xFF, 0xFF)), "OLATA, OLATB, IODIRA, IODIRB"


def test_mcp23017_in_byte_mode_stays_on_a_pair_of_registers() -> None:
    chip = Mcp23017Model()
    wire = on_wire(chip)
    wire.transfer(0x20, b"\x0a\x20", 0)
    wire.transfer(0x20, b"\x02\x01\x02\x03", 0)  # IPOLA, IPOLB, IPOLA
    assert wire.transfer(0x20, b"\x02", 3) == b"\x03\x02\x03"


def test_mcp23017_in_banks_has_the_ports_apart_and_goes_round_at_the_end_of_b() -> None:
    chip = Mcp23017Model()
    wire = on_wire(chip)
    wire.transfer(0x20, b"\x0a\x80", 0)
    wire.transfer(0x20, b"\x10\x7f", 0)  # IODIRB
    wire.transfer(0x20, b"\x1a\x80", 0)  # OLATB
    assert chip.pin(15) and wire.transfer(0x20, b"\x1a", 2) == b"\x80\xff", "OLATB, then IODIRA"
    assert wire.transfer(0x20, b"\x0b", 1) == b"\x00", "no register"
    assert wire.transfer(0x20, b"\x15", 1) == b"\x80", "IOCON is there twice"


def test_mcp23017_cannot_be_told_its_interrupt_flags() -> None:
    wire = on_wire(Mcp23017Model())
    wire.transfer(0x20, b"\x0e\xff\xff\xff\xff", 0)
    assert wire.transfer(0x20, b"\x0e", 4) == bytes(4)


def test_ina228_has_its_reset_values_and_keeps_what_cannot_be_written() -> None:
    wire = on_wire(Ina228Model())
    reset = {0x00: 0, 0x01: 0xFB68, 0x02: 0x1000, 0x0C: 0x7FFF, 0x0D: 0x8000, 0x11: 0xFFFF, 0x3E: 0x5449, 0x3F: 0x2281}
    for address, value in reset.items():
        assert wire.transfer(0x40, bytes((address,)), 2) == value.to_bytes(2, "big")
        wire.transfer(0x40, bytes((address, 0x12, 0x34)), 0)
    assert wire.transfer(0x40, b"\x3e", 2) == b"\x54\x49"
    assert wire.transfer(0x40, b"\x02", 2) == b"\x12\x34"
    wire.transfer(0x40, b"\x00\x80\x00", 0)
    assert wire.transfer(0x40, b"\x02", 2) == b"\x10\x00", "reset by its bit"


def test_ina228_converts_once_where_it_is_told_once_and_never_in_shutdown() -> None:
    now, volts = [0], [5.0]
    wire = on_wire(Ina228Model(reading=lambda: (volts[0], 0.0), now_ns=lambda: now[0]))

    def millivolts() -> float:
        now[0] += 10_000_000
        return (int.from_bytes(wire.transfer(0x40, b"\x05", 3), "big") >> 4) * 0.1953125

    wire.transfer(0x40, b"\x01\x1b\x68", 0)  # the bus voltage, once
    assert millivolts() == pytest.approx(5000, abs=0.2)
    volts[0] = 3.0
    assert millivolts() == pytest.approx(5000, abs=0.2)
    wire.transfer(0x40, b"\x01\x1b\x68", 0)
    assert millivolts() == pytest.approx(3000, abs=0.2)
    wire.transfer(0x40, b"\x01\x0b\x68", 0)
    volts[0] = 4.0
    assert millivolts() == pytest.approx(3000, abs=0.2)


def test_ina228_stops_at_the_end_of_its_range() -> None:
    now = [0]
    wire = on_wire(Ina228Model(reading=lambda: (200.0, -50.0), now_ns=lambda: now[0]))
    now[0] += 10_000_000
    assert wire.transfer(0x40, b"\x05", 3) == b"\x7f\xff\xf0"
    assert wire.transfer(0x40, b"\x04", 3) == b"\x80\x00\x00"


def test_two_chips_at_one_address_spoil_each_others_bytes() -> None:
    wire = on_wire(Ina228Model(0x40), Ina228Model(0x40, manufacturer_id=0x0F0F))
    assert wire.transfer(0x40, b"\x3e", 2) == bytes((0x54 & 0x0F, 0x49 & 0x0F))
