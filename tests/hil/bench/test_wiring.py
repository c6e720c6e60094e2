"""The wires are the pin maps', the page and the picture are the wires', and no pin has two."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace

import pytest

from hil.bench import wiring_page
from hil.bench.bill import bill
from hil.bench.config import SWITCHES, BusSpec, Config, SupplySpec, SwitchSpec
from hil.bench.instrument.lines import DAC_OUTPUTS, LINES
from hil.bench.wiring import INSTRUMENT, ROVER, bridges, neighbours, wires
from hil.bench.wiring_picture import svg
from sapper.shared.pins import GPIO, PINS
from sapper_host.files.checkout import DOCS

pytestmark = pytest.mark.unit
WIRES = wires()
BY_NAME = {each.name: each for each in WIRES}


def test_each_line_is_a_wire_between_the_pins_of_both_maps() -> None:
    for name, number, kind, _ in LINES:
        wire = BY_NAME[name]
        rover, instrument = (wire.target, wire.source) if kind == "played" else (wire.source, wire.target)
        assert (rover.board, rover.pin) == (ROVER, f"GP{GPIO[name]}")
        assert (instrument.board, instrument.pin) == (INSTRUMENT, f"GP{number}")
        assert (wire.series, wire.pull) == ("330 ohm", "100 kohm to ground")
    for name in filter(None, DAC_OUTPUTS):
        assert BY_NAME[name].target.pin == f"GP{GPIO[name]}"


def test_whoever_drives_a_wire_at_the_rover_is_as_its_pin_map_says() -> None:
    directions = {f"GP{row[0]}": row[2] for row in PINS}
    for wire in WIRES:
        for end, direction in ((wire.source, "out"), (wire.target, "in")):
            if end.board == ROVER and end.pin in directions:
                assert directions[end.pin] == direction, wire.name


def test_no_pin_of_a_header_has_two_wires() -> None:
    for board in (ROVER, INSTRUMENT):
        pins = Counter(end.header for wire in WIRES for end in wire.ends if end.board == board and end.header)
        assert pins and max(pins.values()) == 1, pins.most_common(1)
    assert len(BY_NAME) == len(WIRES)


def test_all_of_the_rovers_signals_are_wired_but_those_that_cannot_be() -> None:
    wired = {end.pin for wire in WIRES for end in wire.ends if end.board == ROVER}
    left = {row[1] for row in PINS if f"GP{row[0]}" not in wired}
    assert left == {"I2C_SCL", "LED", "VSYS_3"}


def test_neighbours_are_those_on_the_same_side_of_the_header() -> None:
    assert neighbours(WIRES, "MOTOR_EN") == ("ESTOP_OK",), "pin 21 ends its side"
    assert neighbours(WIRES, "DIR_RIGHT") == ("DIR_LEFT",), "pin 20 ends the other"
    assert neighbours(WIRES, "GATE_1") == ("GATE_0", "AGND")
    assert neighbours(WIRES, "STROBE_2", INSTRUMENT) == ("STROBE_1", "GND")
    assert neighbours(WIRES, "I2C_SDA") == ("GND",), "pin 10 has no wire"
    assert neighbours(WIRES, "KEY", INSTRUMENT) == ()


def test_each_bridge_is_there_once_and_joins_neighbours() -> None:
    for board in (ROVER, INSTRUMENT):
        pairs = bridges(WIRES, board)
        signals = [pair for pair in pairs if set(pair) <= set(BY_NAME)]
        assert len(set(map(frozenset, signals))) == len(signals) > 10
        for one, other in signals:
            assert other in neighbours(WIRES, one, board) and one in neighbours(WIRES, other, board)
    assert ("MOTOR_EN", "ESTOP_OK") in bridges(WIRES) and ("DIR_RIGHT", "MOTOR_EN") in bridges(WIRES, INSTRUMENT)
    assert not any({"DIR_RIGHT", "MOTOR_EN"} == set(pair) for pair in bridges(WIRES)), "pins 20 and 21 are apart"


def test_switches_are_where_the_file_has_them() -> None:
    config = Config(switches={**SWITCHES, "key": SwitchSpec(9), "usb": SwitchSpec("D17", "low")})
    by_name = {each.name: each for each in wires(config)}
    assert str(by_name["KEY"].source) == "MCP23017 GPB1"
    assert str(by_name["USB"].source) == "host D17" and by_name["USB"].pull == "100 kohm to 3.3 V"
    assert by_name["RUN"].pull == "", "its pull-up is the rover's"


def test_the_bill_counts_what_the_wires_have() -> None:
    counts = {item.part: item.count for item in bill()}
    assert counts["resistor 330 ohm"] == len(LINES) + 3 + len(SWITCHES) + 4
    assert counts["resistor 2.2 kohm"] == 2 and counts["Raspberry Pi Pico"] == 1
    assert sum(item.part == "resistor 100 kohm" for item in bill()) == 2, "pull-downs, and the regulator's"
    parts = [item.part for item in bill(Config(bus=BusSpec("ft232h")))]
    assert any("FT232H" in part for part in parts) and not any("Raspberry Pi with" in part for part in parts)
    of_host = Config(switches={name: SwitchSpec(f"D{i}", s.acts) for i, (name, s) in enumerate(SWITCHES.items())})
    assert not any("MCP23017" in item.part for item in bill(of_host))


def test_the_regulator_as_it_is_soldered_is_the_supply_as_it_is_configured() -> None:
    from hil.bench.wiring import FEEDBACK, FEEDBACK_DAC

    r1, r2 = (float(each.split()[0]) for each in FEEDBACK.values())
    r3 = float(FEEDBACK_DAC.split()[0])
    spec = SupplySpec()
    assert spec.slope == pytest.approx(r1 / r3, rel=0.001)
    assert spec.zero_mv == pytest.approx(800 * (1 + r1 / r2 + r1 / r3), abs=5)
    assert spec.zero_mv < 5500, "what the Pico bears, with a converter that gives nothing"
    assert spec.zero_mv - spec.slope * 2048 < spec.least_mv and spec.most_mv <= spec.zero_mv


def test_the_picture_is_well_formed_and_has_each_wire() -> None:
    text = svg()
    ElementTree.fromstring(text)
    for wire in WIRES:
        if wire.kind != "ground":
            assert wire.name in text
    other = replace(Config(), switches={**SWITCHES, "key": SwitchSpec(15)})
    assert "GPB7" in svg(other) and "GPB7" not in text


def test_page_and_picture_are_the_wires() -> None:
    page = (DOCS / "bench.md").read_text(encoding="utf-8")
    assert page == wiring_page.filled(page), "`python -m hil.bench.wiring_page` writes it anew"
    assert wiring_page.filled(page.replace("rover GP16 (pin 21)", "rover GP15 (pin 20)")) == page
    assert (DOCS / wiring_page.PICTURE).read_text(encoding="utf-8") == svg()
    for wire in WIRES:
        assert f"| `{wire.name}` |" in page
