"""What the simulated parts do, to the microsecond, is as it was when these sums were kept: faster is to be the same.

Whoever changes it on purpose puts the new sums in, and says why.
"""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.rigs.sil import SilRig, process

pytestmark = pytest.mark.sil

PROGRAM = Path(__file__).with_name("parts_program.py")
KEPT = {
    "told": "a40f39fa24c48b88",
    "samples": "abc7669ddcc8d59f",
    "when told": "13b13bc64a1df417",
    "radio": "bf8780cf6c1ca5e5",
    "pins": "9e540e34940bba04",
    "pwm": "79ad40ad596d49e0",
    "resets": "dd558a0507bc599b",
}


@pytest.fixture
def did(tmp_path, monkeypatch) -> dict[str, list[object]]:
    """By part, all that the program above told of it, and what came out of the board."""
    firmware = tmp_path / "firmware"
    shutil.copytree(process.FIRMWARE / "board" / "modules", firmware / "board" / "modules")
    (firmware / "sapper" / "shared").mkdir(parents=True)
    (firmware / "sapper" / "__init__.py").touch()
    shutil.copyfile(PROGRAM, firmware / "sapper" / "run.py")
    monkeypatch.setattr(process, "FIRMWARE", firmware)
    chance = np.random.default_rng(3)
    with SilRig(ticks_us=(1 << 30) - 1_500_000) as rig:
        pins = [rig.pin(gpio) for gpio in (16, 25)]
        for part in (*pins, rig.pwm(14)):
            part.watch()
        rig.pin(17).drive(1)
        rig.adc.play(0, np.arange(400) * 10 * NS_PER_MS, 1650 + 30 * chance.standard_normal(400), "hold")
        rig.adc.play(1, np.arange(5) * NS_PER_S, [0, 3300, 100, 2000, 5000], "linear")
        for gpio, phase_ns in ((2, 0), (3, 700_000), (4, 700_000), (5, 0)):
            rig.pin(gpio).drive_edges(np.arange(900) * 1_400_000 + phase_ns, np.arange(900) % 2)
        for at_ms in (700, 1400):
            rig.pin(17).drive(0, at_ms * NS_PER_MS + 123_000)
            rig.pin(17).drive(1, at_ms * NS_PER_MS + 173_000)
        usb: list[tuple[int, bytes]] = []
        for number in range(180):
            if number % 20 == 0:
                rig.usb.write(b"u%d\n" % number)
                rig.uart[0].write(b"radio %d " % number * 12)
            rig.usb.reads = not 60 <= number < 80
            rig.run(17 * NS_PER_MS + 1000 * number)
            usb += rig.usb.read()
        lines = b"".join(data for _, data in usb).splitlines()
        return {
            "told": [line for line in lines if not line.startswith(b"samples")],
            "samples": [line for line in lines if line.startswith(b"samples")],
            "when told": [at_ns for at_ns, _ in usb],
            "radio": list(rig.uart[0].read()),
            "pins": [pin.edges() for pin in pins],
            "pwm": list(rig.pwm(14).changes()),
            "resets": list(rig.reset_causes()),
        }


def test_the_parts_do_what_they_did(did) -> None:
    assert {b"alive 0", b"alive 1", b"sent 64", b"reset by the watchdog"} <= set(did["told"])
    assert len(set(did["samples"])) > 150
    assert len(did["pwm"]) > 100 and len(did["pins"][0]) > 2 and len(did["resets"]) == 2
    assert {part: hashlib.sha256(repr(what).encode()).hexdigest()[:16] for part, what in did.items()} == KEPT
