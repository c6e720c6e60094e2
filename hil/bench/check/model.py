"""What each single fault of the wires would show: the trials of `look`, on paper.

A line is 330 ohm between a pin of the rover and a pin of the instrument, with 100 kilohm to ground at the end that
listens. A pin that is driven reads what it drives, whatever hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hil.bench.check.seen import Gates, Levels

OPEN, SWAPPED, SHORT, TO_SUPPLY = "cut, or touches ground", "swapped", "short", "to 3V3"
BUS = ("DAC_SDA", "DAC_SCL")  # of the converter beside the instrument
HIGH_MV = 2400.0
LOW_MV = 300.0
_NEAR_MV = 150.0  # of offsets, gains and noise before calibration


@dataclass(frozen=True)
class Fault:
    """One thing wrong: its kind, and the wire or the two wires that it is of."""

    kind: str
    wires: tuple[str, ...]

    def __str__(self) -> str:
        return f"{' and '.join(self.wires)} {self.kind}"


def single_faults(wires: Sequence[str], neighbours: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """Every open (to ground shows as one), every swap of two, every short of two neighbours and of each to 3V3."""
    for wire in wires:
        yield Fault(OPEN, (wire,))
        yield Fault(TO_SUPPLY, (wire,))
    for place, wire in enumerate(wires):
        for other in wires[place + 1 :]:
            yield Fault(SWAPPED, (wire, other))
    for pair in neighbours:
        if set(pair) <= set(wires):
            yield Fault(SHORT, tuple(sorted(pair)))


def levels(wires: Sequence[str], played: Sequence[str], fault: Fault | None) -> Levels:
    """What the digital lines show with that fault; None: none."""
    of = _Lines(wires, fault)
    return Levels(
        across={wire: of.at_instrument(wire) for wire in wires},
        own={wire: of.at_rover(wire) | {wire} for wire in wires},
        idle=of.stuck_high,
        back={wire: of.played(wire, played) for wire in played},
    )


class _Lines:
    """Which rover pins and instrument pins are together under a fault."""

    def __init__(self, wires: Sequence[str], fault: Fault | None) -> None:
        kind, which = (fault.kind, fault.wires) if fault else ("", ())
        self._wires = wires
        self._instrument_of = {wire: wire for wire in wires}  # the rover's pin -> the instrument's
        self._together = {wire: {wire} for wire in wires}
        if kind == OPEN:
            self._instrument_of.pop(which[0])
        elif kind == SWAPPED:
            one, other = which
            self._instrument_of |= {one: other, other: one}
        elif kind == SHORT:
            for wire in which:
                self._together[wire] = set(which)
        self.stuck_high = frozenset(which if kind == TO_SUPPLY else ())

    def at_rover(self, driven: str) -> frozenset[str]:
        """Lines that read high at the rover with one driven by it, beside that one."""
        return frozenset(self._together[driven]) | self.stuck_high

    def at_instrument(self, driven: str) -> frozenset[str]:
        """Lines that read high at the instrument with one driven by the rover."""
        ends = {self._instrument_of.get(wire) for wire in self.at_rover(driven)}
        return frozenset(end for end in ends if end is not None)

    def played(self, driven: str, all_played: Sequence[str]) -> frozenset[str]:
        """Lines that read high at the rover with one played high, the other played ones low."""
        rover_of = {end: wire for wire, end in self._instrument_of.items()}
        high = set()
        if driven in rover_of:
            wires = self._together[rover_of[driven]]
            # Two drivers against each other through the same resistance: half the supply, which reads as it likes.
            against = any(self._instrument_of.get(wire) in all_played and wire != rover_of[driven] for wire in wires)
            high = set() if against else set(wires)
        return frozenset(high) | self.stuck_high


def gates(outputs: Sequence[str], fault: Fault | None) -> Gates:
    """What the voltages show with that fault of a gate's wire, or of BUS."""
    kind, which = (fault.kind, fault.wires) if fault else ("", ())
    if which and which[0] in BUS:
        if kind == OPEN:
            return Gates(False, int(which[0] != BUS[0]), int(which[0] != BUS[1]))
        # Swapped, both are pulled up; touching, each holds the other down while the instrument tries to speak.
        held = int(kind == SWAPPED)
        return Gates(False, held, held)
    table = {}
    for high in outputs:
        at = {gate: HIGH_MV if gate == high else LOW_MV for gate in outputs}
        if kind == OPEN:
            at[which[0]] = 0.0
        elif kind == TO_SUPPLY:
            at[which[0]] = 3300.0
        elif kind == SWAPPED:
            at[which[0]], at[which[1]] = at[which[1]], at[which[0]]
        elif kind == SHORT:
            at[which[0]] = at[which[1]] = (at[which[0]] + at[which[1]]) / 2
        table[high] = at
    return Gates(True, 1, 1, table)


def alike(one: Gates, other: Gates) -> bool:
    """Whether two sights of the voltages are the same, as near as converters are before they are calibrated."""
    if (one.answers, one.sda, one.scl) != (other.answers, other.sda, other.scl):
        return False
    return all(
        abs(at - other.at_mv[high][gate]) <= _NEAR_MV for high, row in one.at_mv.items() for gate, at in row.items()
    )
