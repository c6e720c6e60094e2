"""Adafruit's drivers, as they are, on the register-level models: what they promise, and what they trap one in."""

from __future__ import annotations

import os

import pytest

from hil.bench.parts.blinka import Drivers, asked, drivers
from hil.bench.parts.bus import modelled_bus
from hil.bench.parts.models.adapters import Ft232hAdapter, KernelAdapter
from hil.bench.parts.models.ina228 import Ina228Model
from hil.bench.parts.models.mcp4728 import Mcp4728Model, Setting
from hil.bench.parts.models.mcp23017 import Mcp23017Model
from hil.bench.parts.models.wire import Wire

pytestmark = pytest.mark.unit
ADAPTERS = (KernelAdapter, Ft232hAdapter)


@pytest.fixture
def found() -> Drivers:
    return drivers("models")


@pytest.fixture(params=ADAPTERS)
def wire_and_bus(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    wire = Wire()
    return wire, modelled_bus(request.param(wire)).i2c


def test_nothing_of_blinka_stays_in_the_environment(found: Drivers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLINKA_FT232H", "mine")
    with asked("models"):
        assert os.environ["BLINKA_OS_AGNOSTIC"] == "1"
    with asked("ft232h", "ftdi://ftdi:232h:7/1"):
        assert os.environ["BLINKA_FT232H"] == "ftdi://ftdi:232h:7/1"
    assert os.environ["BLINKA_FT232H"] == "mine"
    assert "BLINKA_OS_AGNOSTIC" not in os.environ and "BLINKA_SKIP_DEPENDENCY_CHECK" not in os.environ


def test_a_process_has_one_kind_of_blinka(found: Drivers) -> None:
    from hil.bench.parts.blinka import BlinkaError

    with pytest.raises(BlinkaError, match="started for 'models'.*process of its own"):
        drivers("native")


def test_mcp4728_codes_references_and_gains_arrive(found: Drivers, wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    heard: list[tuple[int, float | None]] = []
    chip = Mcp4728Model(changed=lambda channel, volts: heard.append((channel, volts)), supply_v=3.3)
    wire.chips.append(chip)
    driver = found.mcp4728(i2c)
    driver.channel_b.raw_value = 2048
    assert chip.volts(1) == pytest.approx(1.024)
    driver.channel_b.gain = 2
    assert chip.volts(1) == pytest.approx(2.048)
    driver.channel_b.vref = found.vref.VDD
    assert chip.volts(1) == pytest.approx(1.65)
    driver.channel_a.vref = found.vref.INTERNAL
    driver.channel_a.gain = 2
    driver.channel_a.raw_value = 4095
    assert chip.volts(0) == pytest.approx(3.3), "no output above the supply"
    assert (1, pytest.approx(1.65)) in heard and chip.volts(2) == 0.0


def test_mcp4728_comes_up_with_what_is_in_its_eeprom(found: Drivers, wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    chip = Mcp4728Model(eeprom=(Setting(0, 0, 0, 4095), Setting(1, 1, 1, 7), Setting(), Setting(code=99)))
    wire.chips.append(chip)
    driver = found.mcp4728(i2c)
    assert (driver.channel_a.raw_value, driver.channel_d.raw_value) == (4095, 99)
    assert (driver.channel_a.vref, driver.channel_b.gain) == (0, 1)
    assert chip.volts(1) is None, "powered down"
    driver.channel_b.raw_value = 7  # the driver's writes carry no power-down bits: it wakes
    assert chip.volts(1) == pytest.approx(2 * 2.048 * 7 / 4096)


def test_mcp4728_eeprom_is_written_for_25_ms_and_takes_nothing_meanwhile(found: Drivers) -> None:
    now = [0]
    wire = Wire()
    chip = Mcp4728Model(now_ns=lambda: now[0])
    wire.chips.append(chip)
    driver = found.mcp4728(modelled_bus(KernelAdapter(wire)).i2c)
    driver.channel_a.raw_value = 1000
    driver.save_settings()
    assert chip.busy and chip.eeprom[0].code == 1000
    driver.channel_a.raw_value = 5
    assert chip.inputs[0].code == 1000, "acknowledged, and not carried out"
    now[0] += 26_000_000
    driver.channel_a.raw_value = 5
    assert chip.inputs[0].code == 5
    chip.brown_out()
    assert chip.inputs[0].code == 1000


def test_the_driver_sends_general_calls_to_the_chip_itself_where_they_are_codes(found: Drivers) -> None:
    """Why nobody here calls its reset(), wakeup() and soft_update(): the chip takes them for a fast write."""
    wire = Wire()
    chip = Mcp4728Model(eeprom=(Setting(code=1234), *[Setting()] * 3))
    wire.chips.append(chip)
    i2c = modelled_bus(KernelAdapter(wire)).i2c
    found.mcp4728(i2c).wakeup()
    assert chip.inputs[0].code == 9
    i2c.writeto(0x00, b"\x06")  # a true one
    assert chip.inputs[0].code == 1234


def test_mcp4728_fast_write_sets_all_four_and_keeps_references(found: Drivers, wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    chip = Mcp4728Model()
    wire.chips.append(chip)
    i2c.writeto(0x60, bytes((0x01, 0x02, 0x03, 0x04, 0x15, 0x06, 0x07, 0x08)))
    assert [each.code for each in chip.inputs] == [0x102, 0x304, 0x506, 0x708]
    assert [each.vref for each in chip.inputs] == [1] * 4
    assert chip.volts(2) is None and chip.volts(3) is not None


def test_mcp23017_pins_are_inputs_until_told_and_show_their_latch(found: Drivers, wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    heard: list[tuple[int, bool | None]] = []
    chip = Mcp23017Model(driven=lambda pin, level: heard.append((pin, level)))
    wire.chips.append(chip)
    driver = found.mcp23017(i2c)
    assert driver.iodir == 0xFFFF and heard == []
    driver.gpio = 0x8001
    assert heard == [], "latches alone do nothing"
    driver.iodir = 0x7FFC
    assert heard == [(0, True), (1, False), (15, True)]
    assert driver.gpio == 0x8001
    # The driver's reset means to set IOCON, and sets a name of its own: see switches.py, which does it.
    assert driver.io_control == 0x00
    driver.io_control = 0x05
    assert driver.io_control == 0x04, "bit 0 is not there"


def test_mcp23017_reads_the_pin_not_the_latch_so_the_drivers_pins_turn_one_into_the_other(found: Drivers) -> None:
    """Why switches.py keeps its own words: an open-drain pin would next be driven to what it was pulled to."""
    wire = Wire()
    level = {3: True}
    chip = Mcp23017Model(outside=level.get)
    wire.chips.append(chip)
    driver = found.mcp23017(modelled_bus(KernelAdapter(wire)).i2c)
    driver.gpio = 0x0000
    driver.get_pin(5).value = False  # another pin altogether
    level.clear()
    driver.iodir = 0xFFFF & ~(1 << 3)
    assert chip.pin(3) is True, "the latch of pin 3, which nobody wrote, holds what was on the pin"


def test_mcp23017_polarity_pull_ups_and_the_other_order_of_registers(found: Drivers, wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    chip = Mcp23017Model()
    wire.chips.append(chip)
    driver = found.mcp23017(i2c)
    driver.gppu = 0x0003
    driver.ipol = 0x0001
    assert driver.gpio == 0x0002
    driver._write_u8(0x0A, 0x80)  # BANK: what was GPPUA's partner is now elsewhere
    answer = bytearray(2)
    i2c.writeto_then_readfrom(0x20, b"\x06", answer)  # GPPU, INTF of port A
    assert answer == b"\x03\x00"
    i2c.writeto_then_readfrom(0x20, b"\x16", answer)
    assert answer == b"\x00\x00"


def test_ina228_reads_volts_amperes_and_temperature_most_significant_byte_first(  # type: ignore[no-untyped-def]
    found: Drivers, wire_and_bus
) -> None:
    wire, i2c = wire_and_bus
    now = [0]
    wire.chips.append(
        Ina228Model(reading=lambda: (5.0123, 0.0875), now_ns=lambda: now[0], celsius=31.25, shunt_ohm=0.015)
    )
    driver = found.ina228(i2c)
    assert driver.bus_voltage == 0.0, "no conversion has ended"
    now[0] += 30_000_000
    assert driver.bus_voltage == pytest.approx(5.0123, abs=200e-6)
    assert driver.current == pytest.approx(0.0875, abs=40e-6)
    assert driver.power == pytest.approx(5.0123 * 0.0875, rel=0.01)
    assert driver.shunt_voltage == pytest.approx(0.0875 * 0.015, abs=1e-6)
    assert driver.die_temperature == pytest.approx(31.25, abs=0.01)


def test_ina228_negative_currents_and_the_finer_range(found: Drivers) -> None:
    now = [0]
    wire = Wire()
    wire.chips.append(Ina228Model(reading=lambda: (1.0, -0.25), now_ns=lambda: now[0]))
    driver = found.ina228(modelled_bus(KernelAdapter(wire)).i2c)
    for adc_range in (0, 1):
        driver.adc_range = adc_range
        now[0] += 30_000_000
        assert driver.current == pytest.approx(-0.25, abs=1e-4)
        assert driver.shunt_voltage == pytest.approx(-0.25 * 0.015, abs=1e-6)


def test_ina228_gives_the_last_conversion_until_the_next_ends(found: Drivers) -> None:
    now, volts = [0], [5.0]
    wire = Wire()
    wire.chips.append(Ina228Model(reading=lambda: (volts[0], 0.0), now_ns=lambda: now[0]))
    driver = found.ina228(modelled_bus(KernelAdapter(wire)).i2c)
    now[0] += 30_000_000
    assert driver.bus_voltage == pytest.approx(5.0, abs=1e-3)
    volts[0] = 3.0
    now[0] += 1_000_000
    assert driver.bus_voltage == pytest.approx(5.0, abs=1e-3)
    now[0] += 30_000_000
    assert driver.bus_voltage == pytest.approx(3.0, abs=1e-3)
    assert driver.conversion_ready and not driver.conversion_ready, "reading clears it"


def test_the_scan_finds_who_is_there(wire_and_bus) -> None:  # type: ignore[no-untyped-def]
    wire, i2c = wire_and_bus
    wire.chips += [Mcp4728Model(), Mcp23017Model(0x21), Ina228Model()]
    assert i2c.scan() == [0x21, 0x40, 0x60]
