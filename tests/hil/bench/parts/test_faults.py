"""Whatever is wrong with a chip, its wires, the bus or the adapter is told with its address and what to do."""

from __future__ import annotations

import errno

import pytest

from hil.bench.config import Config, SupplySpec
from hil.bench.parts.bus import BusHeldError
from hil.bench.parts.faults import ChipError
from hil.bench.parts.models.ina228 import Ina228Model
from hil.bench.parts.models.other_chips import Mcp4725Model, Pca9685Model, Pcf8574Model
from hil.bench.parts.parts import Parts
from tests.hil.bench.parts.table import Table

pytestmark = pytest.mark.unit
BACKENDS = ("kernel", "ft232h")
# Name in ModelledTable, chip, address, what asks it.
CHIPS = (
    ("expander", "MCP23017 at 0x20 (switches)", lambda parts: parts.switches.set("run", True)),
    ("dac", "MCP4728 at 0x60 (level of the supply)", lambda parts: parts.supply.set_mv(4000)),
    ("meter", "INA228 at 0x40 (meter of the supply)", lambda parts: parts.supply.read()),
)
each_chip = pytest.mark.parametrize(("chip", "words", "use"), CHIPS, ids=[row[0] for row in CHIPS])
each_backend = pytest.mark.parametrize("backend", BACKENDS)


def failure(table: Table, cause: str) -> str:
    """Opening fails for that cause."""
    with pytest.raises(ChipError) as told:
        table.parts()
    assert told.value.cause == cause, str(told.value)
    return str(told.value)


def opened(backend: str, **how: object) -> tuple[Table, Parts]:
    table = Table(backend=backend, **how)
    return table, table.parts()


def used(parts: Parts, use, cause: str) -> str:  # type: ignore[no-untyped-def]
    """Using a chip fails for that cause."""
    with pytest.raises(ChipError) as told:
        use(parts)
    assert told.value.cause == cause, str(told.value)
    return str(told.value)


@each_backend
@each_chip
def test_a_chip_that_is_not_there_is_named_with_its_wires(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table = Table(backend=backend)
    getattr(table.models, chip).silent_for = -1
    text = failure(table, "silent")
    assert text.startswith(f"{words} does not answer; look at its 3.3 V and ground, at SDA and SCL")


@each_backend
@each_chip
def test_a_chip_that_stops_answering_is_named(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table, parts = opened(backend)
    getattr(table.models, chip).power(False)
    assert words in used(parts, use, "silent")


@each_backend
@each_chip
def test_a_loose_contact_is_told_from_a_missing_chip(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table, parts = opened(backend)
    getattr(table.models, chip).silent_for = 4
    text = used(parts, use, "loose")
    assert text.startswith(f"{words} answers ") and "a contact is loose" in text


@each_backend
def test_a_loose_bus_is_never_got_over_in_silence(backend: str) -> None:
    table, parts = opened(backend)
    table.models.wire.loose = 0.2
    failed = 0
    for _ in range(50):
        try:
            parts.supply.set_mv(4000)
        except ChipError as error:
            assert error.cause in ("loose", "silent"), str(error)
            failed += 1
    # Each takes three addressings at the least.
    assert 10 < failed < 50


@each_backend
@each_chip
def test_a_data_line_held_for_good_is_told_and_not_taken_for_a_chip(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table, parts = opened(backend)
    table.models.wire.clocks_to_free = -1
    text = used(parts, use, "held")
    assert words in text and "SDA or SCL is held low" in text and "bridge to ground" in text


@each_backend
def test_a_bench_is_not_opened_on_a_held_bus(backend: str) -> None:
    table = Table(backend=backend)
    table.models.wire.clocks_to_free = -1
    failure(table, "held")
    assert table.told == []


@each_chip
def test_clocks_free_a_chip_in_the_middle_of_a_byte_and_it_is_told_that_nothing_was_done(  # type: ignore[no-untyped-def]
    chip: str, words: str, use
) -> None:
    table, parts = opened("ft232h")
    # Longer than what it sends before it looks for the first time, shorter than all its tries to free the line.
    table.models.wire.clocks_to_free = {"expander": 150, "dac": 270, "meter": 40}[chip]
    text = used(parts, use, "was held")
    assert words in text and "nothing was done" in text
    use(parts)


def test_a_kernel_that_recovers_its_bus_is_told_of_as_well() -> None:
    table, parts = opened("kernel")
    table.models.adapter.recovers = True  # type: ignore[attr-defined]
    table.models.wire.clocks_to_free = 5
    used(parts, lambda parts: parts.supply.read(), "was held")
    parts.supply.read()


@pytest.mark.parametrize("clocks", [1, 9, 20, 40, 90])
def test_a_short_hold_that_an_ft232h_clocks_away_never_passes_for_something_done(clocks: int) -> None:
    table, parts = opened("ft232h")
    table.models.wire.clocks_to_free = clocks
    try:
        parts.switches.set("supply", True)
    except ChipError as error:
        assert error.cause in ("disturbed", "was held")
    else:
        assert table.models.is_on("supply")
    table.models.wire.clocks_to_free = clocks
    with pytest.raises(ChipError) as told:
        parts.supply.set_mv(4000)
    assert told.value.cause in ("disturbed", "was held")
    table.models.wire.clocks_to_free = clocks
    with pytest.raises(ChipError) as told:
        parts.supply.read()
    assert told.value.cause in ("disturbed", "was held")


@each_backend
@each_chip
def test_an_adapter_that_is_unplugged_is_told_as_that(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table, parts = opened(backend)
    table.models.adapter.plugged = False
    text = used(parts, use, "adapter gone")
    assert words in text and "No such device" in text and "plug the FT232H's USB cable in again" in text


@each_backend
@pytest.mark.parametrize(
    ("chip", "other", "words"),
    [
        (
            "expander",
            Pcf8574Model,
            "MCP23017 at 0x20 (switches) is something else: it reads 0x0a and 0x0b where IOCON is twice",
        ),
        ("dac", Mcp4725Model, "MCP4728 at 0x60 (level of the supply) is something else: channel B's head reads 0x80"),
        ("meter", Pca9685Model, "INA228 at 0x40 (meter of the supply) is something else"),
    ],
)
def test_another_chip_at_the_address_is_noticed(backend: str, chip: str, other: type, words: str) -> None:
    table = Table(backend=backend)
    real = getattr(table.models, chip)
    table.models.wire.chips[table.models.wire.chips.index(real)] = other(real.address)
    text = failure(table, "wrong chip")
    assert words in text and "take it off the bus" in text


@pytest.mark.parametrize("numbers", [{"device_id": 0x2381}, {"manufacturer_id": 0x1234}])
def test_a_relative_of_the_meter_is_noticed_by_its_numbers(numbers: dict[str, int]) -> None:
    table = Table()
    table.models.wire.chips[2] = Ina228Model(**numbers)
    failure(table, "wrong chip")


@each_backend
@each_chip
def test_a_chip_back_at_its_reset_values_is_noticed(backend: str, chip: str, words: str, use) -> None:  # type: ignore[no-untyped-def]
    table, parts = opened(backend)
    getattr(table.models, chip).brown_out()
    with pytest.raises(ChipError) as told:
        parts.verify()
    assert told.value.cause == "browned out" and str(told.value).startswith(f"{words} has lost its settings")


def test_an_expander_without_its_settings_has_let_everything_go() -> None:
    table, parts = opened("kernel")
    parts.switches.set_all({"supply": True, "key": True})
    table.models.expander.brown_out()
    assert not table.models.is_on("key") and not table.models.is_on("supply")


def test_a_bus_that_is_locked_by_another_part_is_told_and_not_waited_for() -> None:
    table = Table()
    bus = table.models.bus()
    parts = Parts(bus, table.config, table.wait)
    assert bus.i2c.try_lock()
    with pytest.raises(BusHeldError, match="another part of this program"):
        parts.switches.set("run", True)


def test_what_nobody_knows_is_told_with_the_systems_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    table, parts = opened("kernel")

    def odd(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(table.models.adapter, "transfer", odd)
    with pytest.raises(ChipError) as told:
        parts.supply.read()
    assert "INA228 at 0x40" in str(told.value) and "Input/output error" in str(told.value)


def test_addresses_are_those_of_the_file() -> None:
    from dataclasses import replace

    config = Config()
    config = replace(config, bus=replace(config.bus, mcp23017=0x27, mcp4728=0x63, ina228=0x45))
    Table(config).parts()
    table = Table(config)
    table.models.expander.address = 0x20
    assert "MCP23017 at 0x27" in failure(table, "silent")


def test_a_supply_out_of_reach_of_its_converter_is_told() -> None:
    table = Table(Config(supply=SupplySpec(zero_mv=4000, rest_mv=4500, most_mv=5300)))
    with pytest.raises(Exception, match="the converter makes -15..4000 mV of VSYS, not 4500; correct zero_mv"):
        table.parts()
