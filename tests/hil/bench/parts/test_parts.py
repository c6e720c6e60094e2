"""Switches, supply and what is done with both: safe at the start and at the end, read back, in the right order."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from hil.bench.config import SWITCHES, Config, SupplySpec, SwitchSpec
from hil.bench.parts.models.mcp4728 import Setting
from hil.bench.parts.parts import Parts
from hil.bench.parts.supply import OverCurrentError, SupplyError
from hil.bench.parts.switches import SwitchError, pin_name
from tests.hil.bench.parts.table import Table

pytestmark = pytest.mark.unit
SAFE = {"key": False, "run": False, "bootsel": False, "supply": False, "usb": False}


def states(table: Table) -> dict[str, bool]:
    return {name: table.models.is_on(name) for name in table.config.switches}


def test_opening_and_closing_leave_all_off_whatever_was() -> None:
    table = Table()
    first = table.parts()
    first.switches.set_all({"supply": True, "key": True, "run": True})
    assert states(table) == SAFE | {"supply": True, "key": True, "run": True}
    # The program that did that is gone; another opens the bench.
    second = table.parts()
    assert states(table) == SAFE
    second.switches.set_all({"key": True, "usb": True})
    second.supply.set_mv(3000)
    second.close()
    assert states(table) == SAFE
    assert table.levels_mv[-1] == pytest.approx(0) and second.supply.asked_mv == 5000


def test_supply_and_usb_are_left_on_where_the_file_says_so() -> None:
    table = Table(Config(supply=SupplySpec(on_at_rest=True, usb_at_rest=True)))
    parts = table.parts()
    assert states(table) == SAFE | {"supply": True, "usb": True}
    parts.power_off()
    parts.close()
    assert states(table) == SAFE | {"supply": True, "usb": True}
    assert table.models.vsys_mv == pytest.approx(5000, abs=1)


def test_what_is_on_goes_on_while_the_bench_is_opened_again_for_more() -> None:
    table = Table(Config(supply=SupplySpec(on_at_rest=True)))
    table.parts()
    table.told.clear()
    table.parts()
    assert table.told == [], "not a moment without supply"


def test_a_pin_that_becomes_an_output_never_shows_another_level_first() -> None:
    switches = {**SWITCHES, "usb": SwitchSpec(4, "low")}
    table = Table(Config(switches=switches))
    table.parts()
    # Active low and off: driven high from the first moment on.
    assert ("usb", True) not in table.told


def test_each_switch_does_what_its_row_says_on_its_pin_alone() -> None:
    for name in SWITCHES:
        table = Table()
        parts = table.parts()
        parts.switches.set(name, True)
        assert states(table) == SAFE | {name: True} and parts.switches.is_on(name)
        parts.switches.set(name, False)
        assert states(table) == SAFE


@pytest.mark.parametrize(
    ("acts", "on", "off"),
    [("high", True, False), ("low", False, True), ("pulls high", True, None), ("pulls low", False, None)],
)
def test_the_four_ways_that_a_switch_acts(acts: str, on: bool, off: bool | None) -> None:
    table = Table(Config(switches={**SWITCHES, "usb": SwitchSpec(12, acts)}))
    driven: list[bool | None] = []
    pin_changed = table.models.expander._driven

    def heard(pin: int, level: bool | None) -> None:
        if pin == 12:
            driven.append(level)
        pin_changed(pin, level)

    table.models.expander._driven = heard
    parts = table.parts()
    parts.switches.set("usb", True)
    parts.switches.set("usb", False)
    assert driven[-2:] == [on, off]


@pytest.mark.parametrize(
    ("name", "on", "level"), [("supply", True, False), ("supply", False, True), ("key", True, False)]
)
def test_a_switch_whose_wire_is_bridged_is_noticed_as_it_is_set(name: str, on: bool, level: bool) -> None:
    table = Table()
    parts = table.parts()
    parts.switches.set(name, not on)
    pin = SWITCHES[name].pin
    assert isinstance(pin, int)
    table.models.bridged[pin] = level
    with pytest.raises(SwitchError, match=f"switch '{name}' .MCP23017 GPA{pin}. should be .* look for a bridge"):
        parts.switches.set(name, on)


def test_a_key_that_a_bridge_holds_on_is_noticed_before_anything_runs() -> None:
    table = Table()
    table.models.bridged[0] = True
    with pytest.raises(SwitchError, match="switch 'key'.*should be low and reads high"):
        table.parts()


def test_a_switch_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SwitchError, match="no switch 'lamp'; there are key, run, bootsel, supply, usb"):
        Table().parts().switches.set("lamp", True)
    assert [pin_name(pin) for pin in (0, 7, 8, 15, "D17")] == [
        "MCP23017 GPA0",
        "MCP23017 GPA7",
        "MCP23017 GPB0",
        "MCP23017 GPB7",
        "D17",
    ]


@pytest.mark.parametrize(
    "eeprom",
    [(Setting(),) * 4, (Setting(0, 0, 1, 4095),) * 4, (Setting(1, 3, 1, 17),) * 4],
    ids=("new", "odd", "asleep"),
)
def test_the_level_is_right_whatever_is_in_the_converters_eeprom(eeprom: tuple[Setting, ...]) -> None:
    table = Table(eeprom=eeprom)
    parts = table.parts()
    parts.power_on()
    for mv in (1800, 2500, 3333, 4200, 5300):
        parts.supply.set_mv(mv)
        reading = parts.supply.check_level()
        assert reading.mv == pytest.approx(mv, abs=1.0), "half a step and half of the meter's"
        assert reading.ma == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize("mv", [0, 1799, 5301, float("nan")])
def test_a_level_out_of_bounds_is_refused_and_nothing_changes(mv: float) -> None:
    table = Table()
    parts = table.parts()
    before = table.models.vsys_mv
    with pytest.raises(SupplyError, match="out of bounds; it takes 1800..5300 mV"):
        parts.supply.set_mv(mv)
    assert table.models.vsys_mv == before


def test_a_regulator_that_is_not_as_the_file_says_is_noticed() -> None:
    table = Table(slope=1.5)
    with pytest.raises(SupplyError, match="the supply is at 5078 mV, not at the 5000 asked for|calibrate"):
        parts = table.parts()
        parts.supply.set_mv(4000)
        parts.power_on()


def test_too_much_current_is_told_and_everything_that_feeds_is_off() -> None:
    table = Table()
    parts = table.parts()
    parts.power_on()
    parts.switches.set("key", True)
    table.ma = 730.0
    table.wait(60_000_000)
    with pytest.raises(OverCurrentError, match="took 730 mA at 5000 mV, of 500 at most, and its supply is off"):
        parts.verify()
    assert states(table) == SAFE


def test_a_power_cycle_takes_all_away_in_order_and_brings_it_back() -> None:
    table = Table()
    parts = table.parts()
    parts.power_on()
    parts.switches.set("key", True)
    table.told.clear()
    before_ns = table.now_ns
    reading = parts.power_cycle(off_ns=200_000_000)
    assert table.told == [
        ("key", False),
        ("usb", False),
        ("supply", False),
        ("supply", True),
        ("usb", True),
        ("key", True),
    ]
    assert reading.mv == pytest.approx(5000, abs=2)
    assert table.now_ns - before_ns > 200_000_000


def test_a_rover_that_something_else_feeds_is_no_power_cycle() -> None:
    table = Table()
    parts = table.parts()
    parts.power_on()
    table.models.fed_mv = 4650.0
    with pytest.raises(SupplyError, match="VSYS stays at 4650 mV; something else feeds the rover: its USB cable's 5 V"):
        parts.power_cycle()
    assert states(table) == SAFE


def test_reset_and_bootsel_are_pressed_and_let_go_of_in_order() -> None:
    table = Table()
    parts = table.parts()
    parts.power_on()
    table.told.clear()
    parts.reset()
    assert table.told == [("run", True), ("run", False)]
    table.told.clear()
    parts.enter_bootsel()
    assert table.told == [("run", True), ("bootsel", True), ("run", False), ("bootsel", False)]


def test_what_can_be_put_to_rest_is_though_a_chip_is_gone() -> None:
    table = Table()
    parts = table.parts()
    parts.power_on()
    table.models.dac.power(False)
    with pytest.raises(Exception, match="MCP4728 at 0x60"):
        parts.close()
    assert states(table) == SAFE


def test_a_pin_that_the_host_has_not_is_told() -> None:
    config = replace(Config(), switches={**SWITCHES, "usb": SwitchSpec("D404")})
    with pytest.raises(SwitchError, match="this host has no pin D404; name another under .switches."):
        Table(config).parts()


class HostPin:
    """What Blinka's DigitalInOut does, on a pin that is no more than its level. Each call is kept."""

    made: dict[str, list[bool | None]] = {}

    def __init__(self, pin: str) -> None:
        self.calls = self.made.setdefault(pin, [])

    def switch_to_output(self, value: bool) -> None:
        self.calls.append(value)

    def switch_to_input(self) -> None:
        self.calls.append(None)

    @property
    def value(self) -> bool:
        return bool(self.calls[-1])

    def deinit(self) -> None:
        self.calls.append(False)


def test_switches_may_be_on_pins_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(Config(switches={**SWITCHES, "usb": SwitchSpec("D17"), "run": SwitchSpec("D18", "pulls low")}))
    bus = table.models.bus()
    board = SimpleNamespace(D17="D17", D18="D18")
    monkeypatch.setattr("hil.bench.parts.switches.importlib.import_module", lambda name: board)
    monkeypatch.setattr(bus.drivers.digitalio, "DigitalInOut", HostPin)
    HostPin.made.clear()
    parts = Parts(bus, table.config, table.wait)
    parts.switches.set_all({"usb": True, "run": True, "supply": True})
    assert HostPin.made == {"D17": [False, True], "D18": [None, False]}
    assert table.models.is_on("supply")
    parts.close()
    assert HostPin.made == {"D17": [False, True, False, False], "D18": [None, False, None, False]}
