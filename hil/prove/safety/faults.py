"""Faults by name, put in at a chosen emulated time. What they break, `Stage.clear` (or `Stage.safe`) mends.

Each is `fault(stage, random) -> None`, acting at the stage's present instant. GPIO, ADC, encoders and supply are faults
of the world; hang, stall and resets of the chip; the rest of the lines. Exceptions need a board of `patched.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hil.prove.safety import patched
from hil.prove.safety.gates import GATES_MV
from hil.prove.safety.lines import Mangle, delayed, doubled, dropped, garbled
from hil.prove.safety.stage import Stage
from hil.rigs.capabilities import Cable, Capability, Faults, Power, Reset, cable_of, faults_of, power_of, reset_of
from hil.rigs.rig import NS_PER_MS

Fault = Callable[[Stage, Random], None]

FAULTS: dict[str, Fault] = {}
NEEDS: dict[str, tuple[Capability, ...]] = {}  # faults not in it need nothing special
FULL_SCALE_MV = 3300.0
STALL_MS = 400  # the longest sector erase that flash data sheets allow
TICKS_US_WRAP = 1 << 30  # MicroPython's ticks_us
FIND = "a find"
# On the first gate. Of a step half as strong the coil's near side shows the detector what is above or below the alert's
# level by the noise; the far side comes 0.4 s later.
FIND_MV = (150.0, 300.0)
WRAPS = "ticks_us wraps"
HANG_BY_HAND = "hang put into the loop by hand"
RAISES = "exception in a tick"
# Part of these: the board is held in reset, without power, ended by its watchdog, or restarts after ten exceptions.
RESETS = ("RUN pin", "brown-out", HANG_BY_HAND, RAISES)


def fault(name: str, *needs: Capability) -> Callable[[Fault], Fault]:
    """Puts a function into FAULTS under this name; needs: what the rig must offer for it, beside what all do."""

    def put(function: Fault) -> Fault:
        FAULTS[name] = function
        NEEDS[name] = needs
        return function

    return put


# The processor


@fault("hang, interrupts on", Faults)
def _hang(stage: Stage, random: Random) -> None:
    faults_of(stage.rig).hang(interrupts_on=True)


@fault("hang, interrupts off", Faults)
def _hang_off(stage: Stage, random: Random) -> None:
    faults_of(stage.rig).hang(interrupts_on=False)


@fault("flash erase of 400 ms", Faults)
def _stall(stage: Stage, random: Random) -> None:
    faults_of(stage.rig).stall(STALL_MS * NS_PER_MS)


@fault("RUN pin", Reset)
def _run_pin(stage: Stage, random: Random) -> None:
    reset_of(stage.rig).run_pin(0)
    stage.held_in_reset = True


@fault(HANG_BY_HAND, *patched.NEEDS)
def _hang_by_hand(stage: Stage, random: Random) -> None:
    """On a board of patched.py: a loop without end, in a part of the tick of the running image."""
    patched.trigger(stage, patched.HANG + random.randrange(len(patched.PLACES)) + 1)


@fault("brown-out", Power)
def _brown_out(stage: Stage, random: Random) -> None:
    power_of(stage.rig).power_cut()


@fault("clock is moved by minutes", Faults)
def _clock_moved(stage: Stage, random: Random) -> None:
    """The chip's timer jumps ahead, as nothing but a fault would make it."""
    faults_of(stage.rig).move_timer(faults_of(stage.rig).timer_us + random.randrange(10, 1000) * 1_000_000)


@fault(WRAPS, Faults, Reset)
def _wrap(stage: Stage, random: Random) -> None:
    """Waits until MicroPython's ticks_us is 50 to 500 ms short of beginning again at 0 (the board was started late)."""
    left_us = TICKS_US_WRAP - faults_of(stage.rig).timer_us - random.randrange(50_000, 500_000)
    stage.run(max(0, left_us) * 1000)


# The emergency-stop loop and the key


@fault("loop open for good")
def _loop(stage: Stage, random: Random) -> None:
    stage.loop_closed(False)


@fault("loop open for 50 us")
def _loop_short(stage: Stage, random: Random) -> None:
    stage.loop_closed(False)
    stage.loop_closed(True, stage.now_ns + 50_000)


@fault("loop opens while it is armed")
def _loop_at_arming(stage: Stage, random: Random) -> None:
    """At a moment from the code typed back to after MOTOR_EN would have risen: pre-arm checks may have passed, and the
    heap be collected meanwhile."""
    stage.key(True)
    stage.run(50 * NS_PER_MS)
    code = stage.operator.must("arm").split()[0].partition("=")[2]
    stage.opened_ns = stage.now_ns + random.randrange(0, 25 * NS_PER_MS)
    stage.loop_closed(False, stage.opened_ns)
    stage.arm_answer = stage.operator.ask(f"arm {code}")[0]


@fault("key off")
def _key(stage: Stage, random: Random) -> None:
    stage.key(False)


# Detector inputs


def _frozen(gate: int) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        stage.gates.hold(gate, GATES_MV[gate] + random.uniform(-3, 3))

    return inject


def _railed(gate: int, level_mv: float) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        stage.gates.hold(gate, level_mv)

    return inject


# -> the gate
AT_FULL_SCALE = {f"gate {gate} at 3.3 V": gate for gate in range(3)}
for _name, _gate in AT_FULL_SCALE.items():
    FAULTS[_name] = _railed(_gate, FULL_SCALE_MV)
    FAULTS[f"gate {_gate} frozen"] = _frozen(_gate)
    FAULTS[f"gate {_gate} at 0 V"] = _railed(_gate, 0.0)


@fault("front end unplugged")
def _unplugged(stage: Stage, random: Random) -> None:
    """All three gates lose their driver: the board's pull-downs bring them to 0."""
    for gate in range(3):
        _railed(gate, 0.0)(stage, random)


@fault(FIND)
def _find(stage: Stage, random: Random) -> None:
    """A strong find under the coil, all at once. Not a fault at all, but what the rover is there to stop for."""
    size = random.uniform(*FIND_MV)
    stage.find(find_mv(size))


def find_mv(size_mv: float) -> tuple[float, float, float]:
    """What a find does to the gates that does so much to the first one."""
    return -size_mv, -0.6 * size_mv, -0.2 * size_mv


# Tracks


def _side(attribute: str, side: int) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        getattr(stage.tracks, attribute)[side] = True

    return inject


for _number, _name in enumerate(("left", "right")):
    FAULTS[f"{_name} encoder reversed"] = _side("swapped", _number)
    FAULTS[f"{_name} motor jammed"] = _side("jammed", _number)


@fault("pushed while standing")
def _pushed(stage: Stage, random: Random) -> None:
    stage.tracks.push((0.3, 0.3))


# Supply


@fault("supply at 4.5 V")
def _low(stage: Stage, random: Random) -> None:
    """Below vsys_low_mv, above vsys_critical_mv; then the operator tries to arm."""
    stage.supply(4500)
    stage.key(True)
    stage.run(50 * NS_PER_MS)
    stage.arm_answer = stage.operator.ask("arm")[0]
    stage.answered_ns = stage.now_ns


@fault("supply sags to 4.0 V")
def _sag(stage: Stage, random: Random) -> None:
    stage.supply(4000)


# Lines


@fault("operator silent")
def _silent(stage: Stage, random: Random) -> None:
    stage.silence()


@fault("drive commands stop")
def _no_drive(stage: Stage, random: Random) -> None:
    stage.driving = False


@fault("Ctrl-C")
def _ctrl_c(stage: Stage, random: Random) -> None:
    stage.driving = False
    stage.rig.usb.write(b"\x03")


@fault("mpremote enters the raw REPL")
def _mpremote(stage: Stage, random: Random) -> None:
    """What mpremote sends to interrupt and enter: Ctrl-C twice, Ctrl-A, and a soft reset."""
    stage.driving = False
    stage.rig.usb.write(b"\r\x03\x03\r\x01\x04")


@fault("stop said by the operator")
def _stop(stage: Stage, random: Random) -> None:
    stage.driving = False
    stage.say("stop")


def _mangled(how: Mangle) -> Fault:
    def inject(stage: Stage, random: Random) -> None:
        stage.line.mangle(how, random)

    return inject


FAULTS["a line is dropped"] = _mangled(dropped)
FAULTS["a line is late"] = _mangled(delayed)
FAULTS["a line comes twice"] = _mangled(doubled)
FAULTS["a line is garbled"] = _mangled(garbled)


@fault("link lost for 1 s")
def _lost_link(stage: Stage, random: Random) -> None:
    """Nothing passes, either way; then the operator goes on as before."""
    stage.silence()
    stage.run(1000 * NS_PER_MS)
    stage.pinging = True


@fault("USB unplugged", Cable)
def _unplug(stage: Stage, random: Random) -> None:
    cable_of(stage.rig).unplug_usb()


@fault("host stops reading USB", Cable)
def _no_reading(stage: Stage, random: Random) -> None:
    cable_of(stage.rig).host_hangs()


@fault("noise on the radio, then stop over it")
def _radio_noise(stage: Stage, random: Random) -> None:
    """600 random bytes take 104 ms of the line; the stop follows at once."""
    stage.rig.uart[0].write(random.randbytes(600) + b"\nstop\n")


@fault("flood of lines on the radio, then stop over it")
def _radio_flood(stage: Stage, random: Random) -> None:
    stage.rig.uart[0].write(b"\n" * 300 + b"arm\n" * 80 + b"stop\n")


@fault("flood of lines on USB")
def _usb_flood(stage: Stage, random: Random) -> None:
    """A host gone wild: thousands of drive commands. They are not carried out."""
    stage.driving = False
    stage.rig.usb.write(b"drive 250 0\n" * 2000)


@fault("10,000 random bytes on USB")
def _usb_noise(stage: Stage, random: Random) -> None:
    stage.driving = False
    stage.rig.usb.write(random.randbytes(10_000))
