"""One frame's arithmetic, timed by the board itself: the detector over moving, noisy ground with an object in it."""

from __future__ import annotations

from pathlib import Path

from hil.errors import HilError
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.row import Row
from hil.rigs.rig import NS_PER_MS, Rig
from sapper.shared.pins import GPIO

_SCRIPT = Path(__file__).with_name("detector_script.py")
_LIMIT_MS = 60_000


def run_script(rig: Rig, text: str) -> str:
    """Leave the application for MicroPython's raw prompt and run a script there; its output. HilError when it fails."""
    rig.pin(GPIO["ESTOP_OK"]).drive(1)
    rig.run(600 * NS_PER_MS)
    for keys in (b"\r\x03\x03", b"\r\x01"):
        rig.usb.write(keys)
        rig.run(200 * NS_PER_MS)
    rig.usb.read()
    rig.usb.write(text.encode() + b"\x04")
    heard = b""
    end_ns = rig.now_ns + _LIMIT_MS * NS_PER_MS
    while heard.count(b"\x04") < 2:
        if rig.now_ns > end_ns:
            raise HilError(f"the script did not end within {_LIMIT_MS} ms; it said {heard!r}")
        rig.run(20 * NS_PER_MS)
        heard += b"".join(data for _, data in rig.usb.read())
    output, error = heard.partition(b"OK")[2].split(b"\x04")[:2]
    if error.strip():
        raise HilError(f"the script failed on the board: {error.decode(errors='replace')}")
    return output.decode()


def measure(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered board."""
    worst_us, mean_us, allocated = (int(word) for word in run_script(rig, _SCRIPT.read_text()).split())
    return [
        Row(
            "a frame's detector arithmetic, alert and contact among them, worst",
            worst_us / 1000,
            "ms",
            column.at_most("DETECTOR_FRAME_US", 1000),
        ),
        Row("the same, mean", mean_us / 1000, "ms", ""),
        Row("heap bytes allocated by 300 of them", float(allocated), "B", column.at_most("DETECTOR_FRAME_B")),
    ]
