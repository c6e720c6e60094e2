"""The C stack's deepest use: painted before the chip starts, looked at after the firmware's hardest work.

MicroPython refuses a call that would come nearer the stack's end than its margin; what interrupts and C functions that
do not ask take on top has to fit too. The reserve is what no work has touched, down to that margin.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from hil.errors import HilError
from hil.prove.benchmarks.row import Row, at_least
from hil.prove.safety import patched
from hil.prove.safety.stage import Stage
from hil.prove.updates.board import SimulatedBoard
from hil.prove.updates.versions import bundle
from hil.rigs.firmware import default_uf2
from hil.rigs.ports import InsightPort
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.rigs.virtual import VirtualPico
from sapper_host.update.update import update

# MicroPython's rp2 port: both of the RP2040's small banks of RAM (its memory map's __StackBottom and __StackTop).
BOTTOM, TOP = 0x2004_0000, 0x2004_2000
MARGIN_B = 256  # the port's MICROPY_STACK_CHECK_MARGIN
_PAINT = 0x5AC3_A53C
_WORD_B = 4
_SLEEP_SLICE_NS = 100_000

_ASKED_STANDING = (
    *("version", "help", "help selftest", "status", "get", "get sweep_mm_s", "diff", "dump", "log", "log saved"),
    *("selftest", "telemetry on", "telemetry raw", "telemetry off", "nonce", "digest 0 65536", "update"),
    *("clock", "clock 1800000000"),
    *("name stack", "key " + "11" * 32, "teamkey " + "22" * 32, "key none", "teamkey none", "storage"),
    *("set sweep_mm_s 250", "set sweep_mm_s 5000000000", "set nothing 1", "save", "defaults", "save", "nonsense"),
)
_ASKED_MOVING = ("help", "get", "dump", "log", "log saved", "status", "nonce")
_ANSWER_MS = 8000
_RUN_UP_NS = 3 * NS_PER_S  # until the detector has seen enough ground to search
_EXCEPTION_NS = 60 * NS_PER_MS
_CHANGE = {"sapper/link/status.py": "_ANOTHER = 1"}


class Painted:
    """A board's stack, painted from end to end. Paint it before the chip starts."""

    def __init__(self, insight: InsightPort) -> None:
        self._insight = insight
        self._paint(TOP)

    def _paint(self, top: int) -> None:
        for address in range(BOTTOM, top, _WORD_B):
            self._insight.write_word(address, _PAINT)

    def anew(self, rig: Rig) -> None:
        """Paint the lower half again, while the board sleeps in its loop, where less than the upper half is in use.

        What comes after is seen then, unless it needs less than that half.
        """
        deadline_ns = rig.now_ns + NS_PER_S
        while not self._insight.asleep:
            if rig.now_ns > deadline_ns:
                raise HilError("the board does not sleep")
            rig.run(_SLEEP_SLICE_NS)
        self._paint((BOTTOM + TOP) // 2)

    def left_b(self) -> int:
        """Bytes that nothing has touched since, above MicroPython's margin; below 0: into it."""
        for address in range(BOTTOM, TOP, _WORD_B):
            if self._insight.read_word(address) != _PAINT:
                return address - BOTTOM - MARGIN_B
        raise HilError("nothing has used the stack: is it where this rig looks?")


def rows() -> list[Row]:
    """One row: the least reserve that any work left, and which."""
    left = dict([*_application(), *_exceptions(), *_update()])
    worst = min(left, key=lambda name: left[name])
    note = ", ".join(f"{name} {rest}" for name, rest in left.items())
    return [Row(f"least stack left, by {worst}", float(left[worst]), "B", at_least("STACK_RESERVE_B"), note=note)]


def _painted_stage() -> tuple[Stage, Painted]:
    pico = VirtualPico(default_uf2())
    painted = Painted(pico.insight)
    try:
        return Stage(pico), painted
    except BaseException:
        pico.close()
        raise


def _application() -> Iterator[tuple[str, int]]:
    """A start, every long answer, and a sweep with a find."""
    stage, painted = _painted_stage()
    with stage:
        yield "a start", painted.left_b()
        painted.anew(stage.rig)
        for line in _ASKED_STANDING:
            stage.operator.ask(line, _ANSWER_MS)
        yield "answers", painted.left_b()
        painted.anew(stage.rig)
        stage.to("SWEEP")
        for line in _ASKED_MOVING:
            stage.operator.ask(line, _ANSWER_MS)
        stage.run(_RUN_UP_NS)
        stage.find((-100.0, -60.0, -20.0))
        stage.run(NS_PER_S)
        if stage.state != "CONTACT":
            raise HilError(f"the sweep ended in {stage.state}, not in CONTACT")
        stage.operator.must("verdict mine")
        stage.operator.must("disarm", _ANSWER_MS)
        yield "a sweep", painted.left_b()


def _exceptions() -> Iterator[tuple[str, int]]:
    """An exception in every module of a tick, then so many that the application ends with a traceback."""
    stage, painted = _painted_stage()
    with stage:
        patched.start(stage, patched.code(on_demand=True))
        painted.anew(stage.rig)
        for place in range(1, len(patched.PLACES) + 1):
            patched.trigger(stage, place)
            stage.run(_EXCEPTION_NS)
            patched.trigger(stage, 0)
            stage.run(_EXCEPTION_NS)
        boots = stage.boots
        patched.trigger(stage, 1)
        stage.run(3 * NS_PER_S)
        if stage.boots == boots:
            raise HilError("exceptions without end did not end the application")
        yield "exceptions", painted.left_b()


def _update() -> Iterator[tuple[str, int]]:
    """An update received, checked, started and proved."""
    with tempfile.TemporaryDirectory(prefix="sapper-stack-") as folder, VirtualPico(default_uf2()) as pico:
        painted = Painted(pico.insight)
        pico.run(NS_PER_S)
        painted.anew(pico)
        update(SimulatedBoard(pico), bundle(Path(folder) / "one", _CHANGE))
        pico.run(NS_PER_S)
        yield "an update", painted.left_b()
