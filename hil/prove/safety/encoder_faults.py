"""What breaks at an encoder, by name, put into FAULTS. Names begin with the side, or with "both". Mended by
`Stage.clear`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from hil.prove.safety.faults import FAULTS, Fault, fault
from hil.prove.safety.stage import Stage
from hil.rigs.rig import NS_PER_MS
from hil.world.wiring import Held, Levels, Missing, Slipping, Spiked, Together, Unplugged, Wiring

SIDES = ("left", "right")
WIRES = ("wire A cut", "wire B cut", "wire A to ground", "wire B to ground")
TOUCH = "wires A and B touch"
HALF = "half the counts lost"
SLIPS = "slips on its shaft"
MAGNET = "one magnet of six missing"
SPIKES = "spikes at a motor's start"
HIDDEN = "spikes on a cut wire"
UNPLUGGED = "cut"
NO_SUPPLY = "both encoders lose their supply"
BOTH_CUT = "both encoders cut, one after the other"
BOTH_JAMMED = "both motors jammed"
_SPIKES_PER_MS = 0.5
_START_MS = 60  # spikes come with the current of a motor that starts
_BURST_EVERY_MS = 400
_APART_MOST_MS = 300


def _half(levels: Levels, odd: int) -> Wiring:
    return Missing(levels, lambda cycle: cycle % 2 == odd)


def _sixth(levels: Levels, which: int) -> Wiring:
    return Missing(levels, lambda cycle: cycle % 6 == which)


def _wire(make: Callable[..., Wiring], side: int) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        stage.tracks.rewire(side, make)

    return inject


def _drawn(make: Callable[..., Wiring], most: int, side: int) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        stage.tracks.rewire(side, make, random.randrange(most))

    return inject


def _spikes(side: int) -> Fault:
    """In TELEOP the operator stops and starts again; a sweep's motors take a start's current now and then."""

    def inject(stage: Stage, random: Random) -> None:
        bursts = [(stage.now_ns + at * NS_PER_MS, stage.now_ns + (at + _START_MS) * NS_PER_MS)
                  for at in range(0, 4000, _BURST_EVERY_MS)]  # fmt: skip
        if stage.driving:
            stage.driving = False
            stage.run(1500 * NS_PER_MS)
            stage.driving = True
            stage.tracks.astray.begin(stage.asked_mm_s)
            bursts = [(stage.now_ns, stage.now_ns + 2 * _START_MS * NS_PER_MS)]
        whole = Wiring(stage.tracks.wiring[side].true)
        phases = random.choice(("a", "b", "ab"))
        how = (random.randrange(1 << 30), bursts, _SPIKES_PER_MS, phases, random.choice((0, 1500, -1500)))
        stage.tracks.rewire(side, lambda levels: Spiked(whole, *how))

    return inject


def _hidden(side: int) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        cut = Held(stage.tracks.wiring[side].true, random.randrange(2), 1)
        how = (random.randrange(1 << 30), [(stage.now_ns, stage.now_ns + 4000 * NS_PER_MS)], _SPIKES_PER_MS)
        phase = random.choice(("a", "b"))
        stage.tracks.rewire(side, lambda levels: Spiked(cut, *how, phase))

    return inject


@fault(NO_SUPPLY)
def _no_supply(stage: Stage, random: Random) -> None:
    """At the same instant; their pull-ups hold the phases, or have lost their supply, too."""
    level = random.randrange(2)
    for side in (0, 1):
        stage.tracks.rewire(side, Unplugged, level)


@fault(BOTH_CUT)
def _both_cut(stage: Stage, random: Random) -> None:
    first = random.randrange(2)
    stage.tracks.rewire(first, Unplugged)
    stage.run(random.randrange(_APART_MOST_MS * NS_PER_MS))
    stage.tracks.rewire(1 - first, Unplugged)


@fault(BOTH_JAMMED)
def _both_jammed(stage: Stage, random: Random) -> None:
    stage.tracks.jammed = [True, True]


for _number, _name in enumerate(SIDES):
    FAULTS[f"{_name} encoder {UNPLUGGED}"] = _wire(Unplugged, _number)
    for _wire_fault, _phase, _level in zip(WIRES, (0, 1, 0, 1), (1, 1, 0, 0), strict=True):
        FAULTS[f"{_name} encoder: {_wire_fault}"] = _wire(partial(Held, phase=_phase, level=_level), _number)
    FAULTS[f"{_name} encoder: {TOUCH}"] = _wire(Together, _number)
    FAULTS[f"{_name} encoder: {HALF}"] = _drawn(_half, 2, _number)
    FAULTS[f"{_name} encoder: {SLIPS}"] = _drawn(Slipping, 1 << 30, _number)
    FAULTS[f"{_name} encoder: {MAGNET}"] = _drawn(_sixth, 6, _number)
    FAULTS[f"{_name} encoder: {SPIKES}"] = _spikes(_number)
    FAULTS[f"{_name} encoder: {HIDDEN}"] = _hidden(_number)
