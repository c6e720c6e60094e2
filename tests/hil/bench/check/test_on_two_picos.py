"""The check on two emulated Picos: a whole bench is found whole, each thing wrong with its wires is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.bench.check import diagnose, look
from hil.bench.check.instrument import Instrument
from hil.bench.check.model import BUS
from hil.bench.check.rover import Rover
from hil.bench.check.run import Checked, check
from hil.errors import HilError
from hil.rigs.bench.emulated import EmulatedOutside, emulated_config, open_emulated
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.rigs.virtual.pair import PicoPair

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("bench-check")]

NEIGHBOURS = [(one, other) for one, other in zip(look.WIRES, look.WIRES[1:], strict=False)]


def _quiet(_: str) -> None:
    pass


def _open(seed: int = 0) -> EmulatedOutside:
    return open_emulated(default_uf2(), instrument_uf2(), emulated_config(), seed)


def _checked(outside: EmulatedOutside) -> Checked:
    return check(outside, emulated_config(), lambda: outside.pair.rover.in_bootsel, _quiet)


def test_a_whole_bench_is_found_whole_within_a_minute_and_calibrated() -> None:
    outside = _open()
    try:
        done = _checked(outside)
        parts = outside.pair.rover.parts, outside.pair.instrument.parts
    finally:
        outside.close()
    assert done.ok and done.findings == []
    assert done.took_s < 60
    assert all(each.rms_lsb < 2 for each in done.calibrations.values()) and len(done.calibrations) == 3
    # The steps that every RP2040's converter has are seen through the wires: nothing smooths what arrives.
    assert all(6 < step < 12 for each in done.calibrations.values() for step in each.steps_lsb)
    apart_ppm = parts[0].crystal_ppm - parts[1].crystal_ppm
    assert done.clock_ppm == pytest.approx(apart_ppm, abs=3)


class At:
    """A bench that is whole but for what a test puts in, the rover at its prompt."""

    def __init__(self, outside: EmulatedOutside) -> None:
        self.pair: PicoPair = outside.pair
        self.instrument = Instrument(outside)
        self.rover = Rover(outside)
        assert self.rover.answers()
        self.rover.enter()

    def named(self) -> set[frozenset[str]]:
        """The wires of each finding."""
        levels = look.levels(self.instrument, self.rover, _quiet)
        findings = diagnose.of_levels(levels, look.PLAYED, NEIGHBOURS)
        findings += diagnose.of_gates(look.gates(self.instrument, self.rover, _quiet), look.GATES)
        return {frozenset(each.wires) for each in findings}


@pytest.fixture(scope="module")
def at() -> Iterator[At]:
    outside = _open(seed=3)
    try:
        outside.pair.rover.usb.plug()
        outside.pair.rover.adc.set(3, 5000 / 3)
        outside.pair.rover.power_on()
        yield At(outside)
    finally:
        outside.close()


@pytest.mark.parametrize(
    ("kind", "wires"),
    [
        ("open", ("MOTOR_EN",)),
        ("open", ("ESTOP_OK",)),
        ("open", ("GATE_1",)),
        ("open", (BUS[1],)),
        ("swap", ("DIR_LEFT", "DIR_RIGHT")),
        ("swap", ("ENC_LEFT_A", "MARKER")),
        ("swap", ("GATE_0", "GATE_2")),
        ("swap", BUS),
        ("short", ("ENC_RIGHT_A", "ENC_RIGHT_B")),
        ("short", ("STROBE_1", "STROBE_2")),
        ("short", ("GATE_1", "GATE_2")),
    ],
    ids=str,
)
def test_a_wire_that_is_wrong_is_named_and_no_other(at: At, kind: str, wires: tuple[str, ...]) -> None:
    try:
        getattr(at.pair.wires, kind)(*wires)
        assert at.named() == {frozenset(wires)}
    finally:
        at.pair.wires.mend()
    assert at.named() == set()


def test_what_it_needs_is_named_where_it_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HilError, match="make instrument"):
        instrument_uf2(tmp_path)
