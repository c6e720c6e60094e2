"""From reset to the console's first answer."""

from __future__ import annotations

from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.row import Row
from hil.rigs.capabilities import reset_of
from hil.rigs.rig import NS_PER_MS, Rig
from hil.rigs.spread import FIRST_START_MS
from sapper.shared.pins import GPIO

_LIMIT_MS = 5000


def measure(rig: Rig, column: Column) -> list[Row]:
    """A board that comes out of reset is asked at once; its answer counts when its line is whole.

    It has started before: the very first start makes the file system, which takes as long as the flash does.
    """
    rig.pin(GPIO["ESTOP_OK"]).drive(1)
    rig.run(FIRST_START_MS * NS_PER_MS)
    rig.usb.read()
    reset = reset_of(rig)
    reset.run_pin(0)
    rig.run(NS_PER_MS)
    reset.run_pin(1)
    start_ns = rig.now_ns
    rig.usb.write(b"version\n")
    heard = b""
    while rig.now_ns < start_ns + _LIMIT_MS * NS_PER_MS:
        rig.run(NS_PER_MS)
        for at_ns, data in rig.usb.read():
            heard += data
            if b"ok sapper=" in heard and heard.endswith(b"\n"):
                return _rows((at_ns - start_ns) / NS_PER_MS, column)
    return _rows(float("inf"), column)


def _rows(took_ms: float, column: Column) -> list[Row]:
    return [Row("reset -> console answers `version`", took_ms, "ms", column.at_most("BOOT_MS"), silicon="start_ms")]
