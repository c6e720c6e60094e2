"""Known bad firmware, and for each row of `make safety` at least one of them that it must fail on.

A canary is put into the running image at MicroPython's prompt (patched.py), so it is MicroPython: `wrap(module, class,
method, make)` is there, and PRELUDE. Where no firmware has a say, as in a chip held in reset, the rig is bad instead.
A row that lets its canary live proves nothing: it measures from what the firmware does, or does not look.
"""

from __future__ import annotations

from dataclasses import dataclass

from hil.prove.safety import ground_rows, patched
from hil.prove.safety import scenarios as rows
from hil.prove.safety.encoder_faults import BOTH_JAMMED, NO_SUPPLY
from hil.prove.safety.encoder_rows import FASTER, MISLED
from hil.prove.safety.faults import FAULTS, FIND, HANG_BY_HAND, RAISES, WRAPS
from hil.prove.safety.scenarios import SCENARIOS, Scenario
from sapper_host.limits import Limit

_STATES = ("SAFE", "ARMED", "TELEOP", "SWEEP")
Rows = tuple[tuple[Limit, tuple[str, ...], tuple[str, ...]], ...]  # (limit, faults, states)


@dataclass(frozen=True)
class Canary:
    """what: in words. rows: which ones must fail on it. patch: the bad firmware; or deaf: methods of the rig that do
    nothing meanwhile. ahead: of those rows only the ones whose tracks go the same way."""

    what: str
    rows: Rows
    patch: str = ""
    deaf: tuple[str, ...] = ()
    ahead: bool = False

    def kills(self, scenario: Scenario) -> bool:
        """Whether it is one of that row's."""
        if self.ahead and scenario.course[0] == 0:
            return False
        return any(
            scenario.limit == limit and scenario.fault in faults and scenario.state in states
            for limit, faults, states in self.rows
        )

    @property
    def code(self) -> str:
        """What is put in at the prompt."""
        return patched.PRELUDE + self.patch if self.patch else ""


_LOOP = tuple(name for name in FAULTS if name.startswith("loop open"))
_HANGS = ("hang, interrupts on", "hang, interrupts off")
_RAILS = tuple(name for name in FAULTS if name.startswith("gate ") and " at " in name)
_FROZEN = tuple(name for name in FAULTS if name.startswith("gate ") and name.endswith(" frozen"))
_TRACKS = tuple(name for name in FAULTS if name.split(" ")[0] in ("left", "right"))
_BOTH = tuple(name for name in FAULTS if name.startswith("both "))
_FLOODS = ("noise on the radio, then stop over it", "flood of lines on the radio, then stop over it")
_GROUND = tuple(name for name in ground_rows.BEGINS if name != ground_rows.BLIND)
_SILENT = ("operator silent", "USB unplugged", "flood of lines on USB")

# Its modules are not there before a field is begun.
_NO_GROUND = """
import sapper.field.tracks
wrap('sapper.field.tracks', 'Tracks', 'asks', lambda old: lambda self, *motion: True)
"""

CANARIES: tuple[Canary, ...] = (
    Canary(
        "the interlock's PIO program does not look at the loop",
        ((rows.ESTOP, _LOOP, _STATES),),
        """
import rp2
@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)
def dead_man():
    wrap_target()
    label("dead")
    jmp("dead").side(0)
    label("count")
    jmp(x_dec, "live").side(1)
    jmp("dead")
    label("live")
    jmp("count")
    wrap()
put('sapper.hardware.interlock', dead_man=dead_man)
""",
    ),
    Canary(
        "arming raises MOTOR_EN and then looks at the loop, which is no pre-arm check",
        ((rows.ESTOP, ("loop opens while it is armed",), _STATES),),
        """
from sapper.safety import checks
checks.PRE_ARM = tuple(row for row in checks.PRE_ARM if row[0] != 'loop')
import machine
def make(old):
    def arm(self):
        machine.mem32[0x502000d8] = 0xa022
        machine.mem32[0x502000d8] = self._dead + 1
    return arm
wrap('sapper.hardware.interlock', 'Interlock', 'arm', make)
""",
    ),
    Canary("the alert comes 200 ms late", ((rows.ALERT, (FIND,), _STATES),), "late('alert', 20)"),
    Canary(
        "the detector's answer comes 50 ms late",
        ((rows.ALERT, (FIND,), _STATES),),
        """
answers = [0] * 5
def make(old):
    def step(self, *args):
        answers.append(old(self, *args))
        return answers.pop(0)
    return step
wrap('sapper.detector.detector', 'Detector', 'step', make)
""",
    ),
    Canary(
        "a feed holds for 100 ms",
        ((rows.HANG, (*_HANGS, "flash erase of 400 ms", HANG_BY_HAND), _STATES),),
        "put('sapper.hardware.interlock', FEED_HOLD_MS=100)",
    ),
    Canary(
        "an exception is passed over",
        ((rows.EXCEPTION, (RAISES,), _STATES),),
        """
def make(old):
    def passed(self, *args):
        try:
            old(self, *args)
        except Exception:
            pass
    return passed
wrap('sapper.app', 'Application', 'tick', make)
wrap('sapper.app', 'Application', 'report', make)
""",
    ),
    Canary(
        "the watchdog waits for 2 s",
        ((rows.WATCHDOG, (*_HANGS, HANG_BY_HAND), _STATES),),
        "wrap('sapper.hardware.watchdog', 'Watchdog', 'start', lambda old: lambda self: old(self, 2000))",
    ),
    Canary(
        "a drive command is good for 0.6 s",
        ((rows.STALE, ("drive commands stop",), _STATES),),
        "configured('sapper.drive.motion', 'Motion', _stale_ms=600)",
    ),
    Canary(
        "commands to move that stop coming count as let go",
        ((rows.STALE, ("drive commands stop",), _STATES),),
        """
wrap('sapper.drive.motion', 'Motion', 'step', lambda old: lambda self, state, ms: 2 * old(self, state, ms))
""",
    ),
    Canary(
        "commands out of a backlog are carried out",
        ((rows.STALE, ("flood of lines on USB",), _STATES),),
        "wrap('sapper.link.link', 'Link', 'behind', lambda old: lambda self: False)",
    ),
    Canary(
        "silence is a stop after 2.5 s",
        ((rows.SILENT, _SILENT, _STATES),),
        "configured('sapper.safety.watch', 'Watch', _link_timeout_ms=2500)",
    ),
    Canary(
        "silence is a stop after 0.65 s",
        (
            (rows.LINES, ("a line is dropped", "a line is late"), ("SWEEP",)),
            (rows.LINK, ("link lost for 1 s",), _STATES),
        ),
        "configured('sapper.safety.watch', 'Watch', _link_timeout_ms=650)",
    ),
    Canary(
        "silence is a stop after 0.18 s",
        ((rows.LINES, ("a line is dropped", "a line is late"), ("TELEOP",)),),
        "configured('sapper.safety.watch', 'Watch', _link_timeout_ms=180)",
    ),
    Canary(
        "a line that comes twice is a stop",
        ((rows.LINES, ("a line comes twice",), _STATES),),
        """
import time
seen = {}
def make(old):
    def handle(self, link, line):
        now = time.ticks_ms()
        often = not isinstance(line, str) or line.startswith('drive')
        near = time.ticks_diff(now, seen.get(line, now - 5000)) < (80 if often else 400)
        if near:
            stop()
        if len(seen) > 8:
            seen.clear()
        seen[line] = now
        old(self, link, line)
    return handle
wrap('sapper.console.console', 'Console', 'handle', make)
wrap('sapper.link.refusals', 'Refusals', 'add', lambda old: lambda self, *refused: old(self, *refused) or stop())
""",
    ),
    Canary(
        "a line that cannot be read is a stop",
        ((rows.LINES, ("a line is garbled",), _STATES),),
        """
def make(old):
    def answer(self, lines):
        if isinstance(lines, str) and lines.startswith('err '):
            stop()
        old(self, lines)
    return answer
wrap('sapper.link.link', 'Link', 'answer', make)
wrap('sapper.link.refusals', 'Refusals', 'add', lambda old: lambda self, *refused: old(self, *refused) or stop())
""",
    ),
    Canary(
        "not seeing is a stop 150 ms later",
        ((rows.BLIND, (*_RAILS, *_FROZEN, "front end unplugged"), _STATES),),
        "late('blind', 15)\nlate('blind_teleop', 15)",
    ),
    Canary(
        "a gate is stuck after 1.2 s",
        ((rows.FROZEN, _FROZEN, _STATES),),
        "put('sapper.detector.health', _STUCK_LEAST=120, _STUCK_MOST=120)",
    ),
    Canary(
        "a gate is frozen only where it repeats its value to the last bit",
        ((rows.FROZEN, _FROZEN, _STATES), (rows.BLIND, _FROZEN, _STATES)),
        """
def make(old):
    last = [0] * 3
    def watch(frame, state, s_mm, in_sight):
        for g in range(3):
            last[g] = state[g]
        near = old(frame, state, s_mm, in_sight)
        for g in range(3):
            if frame[g] != last[g]:
                state[6 + g] = 0
        return near
    return watch
health = sys.modules['sapper.detector.health']
health._watch = make(health._watch)
""",
    ),
    Canary(
        "a track's fault is a stop 300 ms later",
        ((rows.ENCODER, (*_TRACKS, *_BOTH, "pushed while standing"), _STATES),),
        "late('encoder', 30)",
    ),
    Canary(
        "a track without progress is excused by the other one's, however long ago that was",
        ((rows.ENCODER, (NO_SUPPLY, BOTH_JAMMED), _STATES),),
        """
check = sys.modules['sapper.drive.track_check']
def make(old):
    def look(track, other, duty, ticks):
        track[16] = 0
        return old(track, other, duty, ticks)
    return look
check._look = make(check._look)
""",
        ahead=True,
    ),
    Canary(
        "half of the counts are seen, and a track's fault is no stop",
        ((MISLED, _TRACKS, _STATES), (FASTER, _TRACKS, _STATES)),
        """
def make(old):
    left = {}
    def delta(self):
        ticks = old(self) + left.get(id(self), 0)
        half = ticks // 2
        left[id(self)] = ticks - 2 * half
        return half
    return delta
wrap('sapper.hardware.encoder', 'Encoder', 'delta', make)
never('encoder')
""",
    ),
    Canary(
        "the ground is not looked at",
        ((ground_rows.GROUND, _GROUND, _STATES),),
        _NO_GROUND,
    ),
    Canary(
        "a detector that does not see is no stop, and the ground is not looked at",
        ((ground_rows.GROUND, (ground_rows.BLIND,), _STATES),),
        _NO_GROUND + "never('blind')",
    ),
    Canary(
        "no margin is kept for an uncertain place",
        ((ground_rows.GROUND, (ground_rows.UNSURE,), _STATES),),
        """
import sapper.ground.permission
wrap('sapper.ground.trust', 'Trust', 'since_mm', lambda old: lambda self, stale: 0)
put('sapper.ground.permission', K=0)
""",
    ),
    Canary("a critical supply never stops", ((rows.SUPPLY, ("supply sags to 4.0 V",), _STATES),), "never('supply')"),
    Canary(
        "the supply is no pre-arm check",
        ((rows.LOW, ("supply at 4.5 V",), _STATES),),
        "from sapper.safety import checks\nchecks.PRE_ARM = tuple(row for row in checks.PRE_ARM if row[0] != 'supply')",
    ),
    Canary(
        "Ctrl-C is passed over",
        ((rows.HOST, ("Ctrl-C", "mpremote enters the raw REPL"), _STATES),),
        "put('sapper.link.link', CTRL_C=-1)",
    ),
    Canary(
        "Ctrl-C is passed over, and silence a stop after 2.5 s",
        ((rows.NOISE, ("10,000 random bytes on USB",), _STATES),),
        """
put('sapper.link.link', CTRL_C=-1)
configured('sapper.safety.watch', 'Watch', _link_timeout_ms=2500)
""",
    ),
    Canary(
        "writes wait for a host that does not read",
        ((rows.HOST, ("host stops reading USB",), _STATES),),
        """
import micropython
wrap('sapper.hardware.serial_port', 'UsbPort', 'write',
    lambda old: lambda self, *what: micropython.kbd_intr(3) or old(self, *what))
""",
    ),
    Canary(
        "reset and power cut do not reach the chip",
        ((rows.ENDS, ("RUN pin", "brown-out"), _STATES),),
        deaf=("run_pin", "power_cut"),
    ),
    Canary(
        "`stop` is answered and not carried out",
        ((rows.STOP, ("stop said by the operator",), _STATES), (rows.FLOOD, _FLOODS, _STATES)),
        "wrap('sapper.console.console', 'Console', 'cmd_stop', lambda old: lambda *_: 'ok state=STOPPED')",
    ),
    Canary("the key is not looked at", ((rows.STOP, ("key off",), _STATES),), "never('key_off')"),
    Canary(
        "a clock that jumps passes for 10 ms, and a feed holds for 2 s",
        ((rows.CLOCK, ("clock is moved by minutes",), _STATES),),
        """
wrap('sapper.run', 'Clock', 'elapsed_ms', lambda old: lambda self: 10)
put('sapper.hardware.interlock', FEED_HOLD_MS=2000)
""",
    ),
    Canary(
        "ticks are compared as numbers that never wrap",
        ((rows.CLOCK, (WRAPS,), _STATES),),
        """
import time
def make(old):
    def wait(self):
        self.due_us += 10_000
        while time.ticks_us() < self.due_us:
            pass
        return 0
    return wait
wrap('sapper.run', 'Clock', 'wait', make)
""",
    ),
)


# A board that was started in the same way, and is as good as any.
UNCHANGED = Canary("nothing is changed", (), "pass")


def canaries_of(scenario: Scenario) -> tuple[Canary, ...]:
    """The canaries that this row must fail on."""
    return tuple(canary for canary in CANARIES if canary.kills(scenario))


def without() -> list[Scenario]:
    """Rows that have none: nothing shows that they look."""
    return [scenario for scenario in SCENARIOS if not canaries_of(scenario)]


def idle() -> list[Canary]:
    """Canaries of no row."""
    return [canary for canary in CANARIES if not any(canary.kills(scenario) for scenario in SCENARIOS)]
