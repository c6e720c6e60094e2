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
    "told": "37cf4b58891dd2a6",
    "samples": "3068492710414ed0",
    "when told": "81851f98b884d921",
    "radio": "f15f2b13144dfaf5",
    "pins": "5de25279b153e26c",
    "pwm": "7233a43ffb48ef5a",
    "resets": "5c25b7f3356b0d2e",
}
# A part that is wrong: in which module, what stands there, and what instead; and a sum that tells it.
WRONG = {
    "an edge is counted the other way": ("gpio.py", "s[2] = s[2] + (1 if", "s[2] = s[2] - (1 if", "told"),
    "a pin's falling edge is forgotten": ("gpio.py", "s[1] = s[1] | bit", "s[1] = s[1]", "told"),
    "noise is drawn once more": ("converter.py", "noise[0] = chance", "noise[0] = chance ^ 1", "samples"),
    "a sample comes 1 us early": ("converter.py", "_CONVERSION_US = 2", "_CONVERSION_US = 1", "told"),
    "a wide code is as the others": ("converter.py", "const(1267)", "const(128)", "samples"),
    "the interlock counts one turn less": ("interlock_pio.py", "(_y + 1) * TURN_US", "_y * TURN_US", "pins"),
    "a short cut of the loop is seen": ("interlock_pio.py", "at + (_phase - at) % TURN_US", "at", "pins"),
    "an alarm that is put off rings": ("clock.py", "_alarms[name][0] = at", "pass", "resets"),
    "the host's packets are shorter": ("serial_lines.py", "_USB_US = 125", "_USB_US = 250", "told"),
    "a radio's byte takes nine bits": ("serial_lines.py", "10_000_000 / baud", "9_000_000 / baud", "radio"),
    "no byte is lost to a busy flash": ("serial_lines.py", "min(came, 32)", "came", "told"),
    "a full receive buffer takes more": ("serial_lines.py", "min(count, room)", "count", "told"),
    "an erase takes no time": ("rp2.py", "clock.advance(_erase_us)", "pass", "when told"),
    "flash can be written twice": ("rp2.py", "_flash[at + i] &= buffer[i]", "_flash[at + i] = buffer[i]", "told"),
    "a duty is told again": ("machine.py", "old is not None and old != value", "old is not None", "pwm"),
}


def play(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[object]]:
    """By part, all that the program above told of it, and what came out of the board."""
    firmware = folder / "firmware"
    for empty in ("board/modules/_boot.py", "sapper/__init__.py"):
        (firmware / empty).parent.mkdir(parents=True)
        (firmware / empty).touch()
    shutil.copyfile(PROGRAM, firmware / "sapper" / "run.py")
    monkeypatch.setattr(process, "FIRMWARE", firmware)
    chance = np.random.default_rng(3)
    with SilRig(ticks_us=(1 << 30) - 1_500_000, adc_noise_lsb=1.1, flash_wear=0.3) as rig:
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


def sums(did: dict[str, list[object]]) -> dict[str, str]:
    """As KEPT has them."""
    return {part: hashlib.sha256(repr(what).encode()).hexdigest()[:16] for part, what in did.items()}


def test_the_parts_do_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    did = play(tmp_path, monkeypatch)
    assert {b"alive 0", b"alive 1", b"sent 64"} <= set(did["told"])
    assert str(did["told"][-1]).startswith("b'reset by the watchdog [")
    assert len(set(did["samples"])) > 150
    assert len(did["pwm"]) > 100 and len(did["pins"]) == 2 and len(did["resets"]) == 2
    assert sums(did) == KEPT


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_part_is_told(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, right, instead, telling = WRONG[wrong]
    modules = tmp_path / "modules"
    shutil.copytree(process.MODULES, modules)
    text = (modules / module).read_text()
    assert text.count(right) == 1
    (modules / module).write_text(text.replace(right, instead))
    monkeypatch.setattr(process, "MODULES", modules)
    assert sums(play(tmp_path, monkeypatch))[telling] != KEPT[telling]
