"""Faults of the chip on a rig that cannot put them in: the running image does them itself, set off by a spare line.

A rise of the line is an interrupt (within some 20 us, wherever the program is), or a place of the program looks at it.
What an image does so is what the rig would do to the chip, seen from the pins: nothing runs, or all but interrupts
stand, or the timer has another value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hil.prove.safety import patched
from hil.prove.safety.duty_ticks import SLEEPS_NS, UNCHANGED_NS
from hil.prove.safety.faults import HANG_BY_HAND, RAISES, STALL_MS, TICKS_US_WRAP, WRAPS
from hil.prove.safety.stage import SPARE, Stage
from hil.rigs.capabilities import Capability, Reset, Time
from hil.rigs.rig import NS_PER_MS
from sapper.shared.pins import GPIO

# A program at whose prompt the image can be changed runs in its own time; and a reset to be rid of the changes.
NEEDS: tuple[Capability, ...] = (Time, Reset)
# From the timer's new value to its wrap: until then the board is patched, up, and in its state.
_BEFORE_WRAP_US = 5_000_000
_TIMER_HIGH, _TIMER_LOW = 0x40054000, 0x40054004  # RP2040 datasheet 4.6.5

_PULLED_DOWN = f"""
import machine
from time import ticks_diff, ticks_us
spare = machine.Pin({GPIO[SPARE]}, machine.Pin.IN, machine.Pin.PULL_DOWN)
"""
_INTERRUPT = """
def act(pin):
{body}
spare.irq(act, machine.Pin.IRQ_RISING, hard={hard})
"""
_HUNG_ON = "    while True:\n        pass"
_HUNG_OFF = "    machine.disable_irq()\n    while True:\n        pass"
_STALLED = f"""
    before = machine.disable_irq()
    began = ticks_us()
    while ticks_diff(ticks_us(), began) < {STALL_MS * 1000}:
        pass
    machine.enable_irq(before)
"""
# Viper, as an interrupt may not allocate numbers; the words are TIMEHW, TIMELW, TIMERAWH and TIMERAWL.
_MOVED = """
@micropython.viper
def act(pin):
    timer = ptr32({timer})
    low = int(timer[10]) + {ahead_us}
    high = int(timer[9])
    timer[1] = low
    timer[0] = high
spare.irq(act, machine.Pin.IRQ_RISING, hard=True)
"""
_WAITS_FOR_LINE = """
while not spare.value():
    pass
machine.mem32[{low}] = {value}
machine.mem32[{high}] = 0
"""
_AT_A_PLACE = """
def make(old):
    def new(self, *args):
        if spare.value():
{body}
        return old(self, *args)
    return new
wrap('{module}', '{name}', '{method}', make)
"""
_RAISE = "            raise ValueError('injected')"
_HANG = "            while True:\n                pass"


def _interrupt(body: str, hard: bool) -> Callable[[Random, int], str]:
    return lambda random, seed: _INTERRUPT.format(body=body, hard=hard)


def _moved(random: Random, seed: int) -> str:
    return _MOVED.format(timer=_TIMER_HIGH, ahead_us=random.randrange(10, 1000) * 1_000_000)


def _wrapping(random: Random, seed: int) -> str:
    return _WAITS_FOR_LINE.format(low=_TIMER_LOW, high=_TIMER_HIGH, value=TICKS_US_WRAP - _BEFORE_WRAP_US)


def _at_a_place(body: str) -> Callable[[Random, int], str]:
    def make(random: Random, seed: int) -> str:
        module, name, method = patched.PLACES[seed % len(patched.PLACES)]
        return _AT_A_PLACE.format(body=body, module=module, name=name, method=method)

    return make


@dataclass(frozen=True)
class ByLine:
    """make(random, seed): what is put into the image; what: that, in words. resets: it ends by a reset. width_ns: how
    long after a tick's end it may be set off so that it is that tick which completed last."""

    make: Callable[[Random, int], str]
    what: str
    resets: bool = False
    width_ns: int = SLEEPS_NS


BY_LINE: dict[str, ByLine] = {
    "hang, interrupts on": ByLine(_interrupt(_HUNG_ON, False), "a callback without end", True),
    "hang, interrupts off": ByLine(
        _interrupt(_HUNG_OFF, True), "an interrupt without end, all others off", True, UNCHANGED_NS
    ),
    "flash erase of 400 ms": ByLine(
        _interrupt(_STALLED.strip("\n"), True), "an interrupt of 400 ms, all others off", False, UNCHANGED_NS
    ),
    "clock is moved by minutes": ByLine(_moved, "an interrupt that writes the timer"),
    WRAPS: ByLine(_wrapping, "the timer set ahead before the application starts"),
    RAISES: ByLine(_at_a_place(_RAISE), "a place of the tick that looks at the line", True),
    HANG_BY_HAND: ByLine(_at_a_place(_HANG), "a place of the tick that looks at the line", True),
}


def code(fault: str, random: Random, seed: int) -> str:
    """What is put in at the prompt for this fault."""
    return _PULLED_DOWN + BY_LINE[fault].make(random, seed)


def start(stage: Stage, fault: str, script: str) -> None:
    """As `patched.start`; where the image waits for the line before it starts, with the line raised."""
    stage.spare(0)
    if fault != WRAPS:
        patched.start(stage, script)
        return

    def begin() -> None:
        stage.run(100 * NS_PER_MS)
        stage.wraps_ns = stage.now_ns + _BEFORE_WRAP_US * 1000
        stage.spare(1)
        stage.run(10 * NS_PER_MS)
        stage.spare(0)

    patched.start(stage, script, begin)


def wait_for_wrap(stage: Stage, random: Random) -> None:
    """Until 50 to 500 ms before the timer's value, as MicroPython tells it, begins again at 0."""
    stage.run(max(0, stage.wraps_ns - stage.now_ns - random.randrange(50, 500) * NS_PER_MS))
