"""A board whose firmware raises or hangs on demand, or is bad: the running image, changed from MicroPython's prompt.

Scratch register 0 of the watchdog (RP2040 datasheet 4.7) is the trigger: the number of a place makes it raise,
once a tick, until the register is cleared; HANG added to it, it loops there until the watchdog ends it.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.play.operator import OperatorError
from hil.prove.safety.stage import Stage
from hil.rigs.capabilities import Capability, Insight, Reset, insight_of
from hil.rigs.rig import NS_PER_MS

TRIGGER = 0x4005800C
# What it takes: a register to write to, and a reset to be rid of the wraps.
NEEDS: tuple[Capability, ...] = (Insight, Reset)
HANG = 64  # added to a place's number: it hangs there instead
# Places, in the order of a tick: module, class, method.
PLACES = (
    ("sapper.drive.drive", "Drive", "sense"),
    ("sapper.drive.odometry", "Odometry", "step"),
    ("sapper.hardware.acquisition", "Acquisition", "take"),
    ("sapper.detector.detector", "Detector", "step"),
    ("sapper.hardware.inputs", "Inputs", "key_on"),
    ("sapper.drive.motion", "Motion", "step"),
    ("sapper.drive.velocity", "VelocityLoop", "step"),
    ("sapper.hardware.motor", "Motor", "drive"),
    ("sapper.hardware.indicators", "Indicators", "tick"),
    ("sapper.safety.arming", "Arming", "elapse"),
    ("sapper.link.link", "Link", "read_line"),
    ("sapper.link.reporter", "Reporter", "step"),
)

# What a patch may use: an event of watch's late or never, values of a module, fields of an object after it was
# configured, and the operator's stop.
PRELUDE = """
def late(event, ticks):
    from sapper.safety.supervisor import EVENT_BIT
    bit = EVENT_BIT[event]
    line = [0] * ticks
    def make(old):
        def look(self, elapsed_ms):
            bits = old(self, elapsed_ms)
            line.append(bits & bit)
            return bits & ~bit | line.pop(0)
        return look
    wrap('sapper.safety.watch', 'Watch', 'look', make)
def never(event):
    from sapper.safety.supervisor import EVENT_BIT
    bit = EVENT_BIT[event]
    wrap('sapper.safety.watch', 'Watch', 'look', lambda old: lambda self, elapsed_ms: old(self, elapsed_ms) & ~bit)
def put(module, **values):
    for name in values:
        setattr(sys.modules[module], name, values[name])
running = []
def stop():
    from sapper.safety.supervisor import GRANTS, MOVES
    if GRANTS[running[-1].state] & MOVES:
        running[-1].raise_event('cmd_stop')
wrap('sapper.app', 'Application', '__init__', lambda old: lambda self, board: running.append(self) or old(self, board))
def configured(module, name, **values):
    def make(old):
        def configure(self, *args):
            old(self, *args)
            for each in values:
                setattr(self, each, values[each])
        return configure
    wrap(module, name, 'configure', make)
"""
_ON_DEMAND = """
import machine
def on_demand(number, module, name, method):
    def make(old):
        def new(self, *args):
            wanted = machine.mem32[{trigger}]
            if wanted == number:
                raise ValueError('injected')
            while wanted == number + {hang}:
                pass
            return old(self, *args)
        return new
    wrap(module, name, method, make)

{wraps}
"""
_SCRIPT = """
import sys
def wrap(module, name, method, make):
    owner = getattr(sys.modules[module], name)
    setattr(owner, method, make(getattr(owner, method)))

{patch}
from sapper import run
run.main()
"""


def code(on_demand: bool, patch: str = "") -> str:
    """What is put in for a board that raises `on_demand` and has this patch beside; '' when that is nothing.

    A patch is MicroPython, run after `wrap(module, class, method, make)` was defined: method becomes make(method).
    """
    if not on_demand:
        return patch
    wraps = "\n".join(f"on_demand({i + 1}, '{m}', '{c}', '{f}')" for i, (m, c, f) in enumerate(PLACES))
    return _ON_DEMAND.format(trigger=TRIGGER, hang=HANG, wraps=wraps) + patch


def start(stage: Stage, patch: str, begin: Callable[[], None] | None = None) -> None:
    """Leave to the prompt, put it in, start the application again; begin: what it waits for, if for anything.
    OperatorError when it does not come up."""
    script = _SCRIPT.format(patch=patch).strip()
    if isinstance(stage.rig, Insight):
        stage.rig.insight.write_word(TRIGGER, 0)
    stage.operator.must("repl")
    stage.run(100 * NS_PER_MS)
    for part in (b"\x05", *(line.encode() + b"\r\n" for line in script.split("\n")), b"\x04"):
        stage.rig.usb.write(part)
        stage.run(10 * NS_PER_MS)
    if begin:
        begin()
    stage.operator.heard.lines.clear()
    stage.operator.boot()
    stage.operator.settle(2.5)
    if stage.operator.ask("get sweep_mm_s")[0][:2] != "ok":
        raise OperatorError("the patched application does not answer")
    stage.started()  # a rig without insight takes an application that starts for a board that does
    stage.patch = patch


def trigger(stage: Stage, place: int) -> None:
    """From now on this place raises (with HANG added: hangs); 0: none does."""
    insight_of(stage.rig).write_word(TRIGGER, place)
